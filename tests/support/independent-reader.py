"""Readers and writers of ISO 20022 that are not this engine's: pyiso20022's classes, and the XSD that sepaxml carries.

Takes a JSON list of requests on standard input and gives a JSON list of answers; see independent-readers.ts.
"""

import importlib
import json
import sys
from decimal import Decimal
from pathlib import Path

from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDate, XmlDateTime


def module_of(message):
    family = message.split(".")[0]
    return importlib.import_module(f"pyiso20022.{family}.{message.replace('.', '_')}")


def parse(message, xml):
    return XmlParser().from_bytes(xml.encode(), module_of(message).Document)


def validate(request):
    import sepaxml

    path = Path(sepaxml.__file__).parent / "schemas" / f"{request['message']}.xsd"
    schema = etree.XMLSchema(etree.parse(str(path)))
    schema.validate(etree.fromstring(request["xml"].encode()))
    return [f"line {error.line}: {error.message}" for error in schema.error_log]


def amount(value):
    return {"value": f"{value.value:.2f}", "currency": value.ccy}


def read_pain001(document):
    root = document.cstmr_cdt_trf_initn
    return {
        "messageId": root.grp_hdr.msg_id,
        "count": root.grp_hdr.nb_of_txs,
        "sum": f"{root.grp_hdr.ctrl_sum:.2f}",
        "payments": [
            {
                "endToEndId": payment.pmt_id.end_to_end_id,
                "amount": amount(payment.amt.instd_amt),
                "requestedOn": str(block.reqd_exctn_dt.dt),
                "from": block.dbtr_acct.id.othr.id,
                "to": payment.cdtr_acct.id.othr.id,
                "payee": payment.cdtr.nm,
                "bankCode": payment.cdtr_agt.fin_instn_id.clr_sys_mmb_id.mmb_id,
                "text": "".join(payment.rmt_inf.ustrd),
                "businessKey": "".join(payment.rmt_inf.strd[0].addtl_rmt_inf),
            }
            for block in root.pmt_inf
            for payment in block.cdt_trf_tx_inf
        ],
    }


def read_pain002(document):
    root = document.cstmr_pmt_sts_rpt
    return {
        "messageId": root.grp_hdr.msg_id,
        "originalMessageId": root.orgnl_grp_inf_and_sts.orgnl_msg_id,
        "payments": [
            {
                "endToEndId": payment.orgnl_end_to_end_id,
                "status": payment.tx_sts,
                "reason": payment.sts_rsn_inf[0].rsn.cd if payment.sts_rsn_inf else None,
            }
            for block in root.orgnl_pmt_inf_and_sts
            for payment in block.tx_inf_and_sts
        ],
    }


def read_entry(entry):
    details = entry.ntry_dtls[0].tx_dtls[0]
    return {
        "reference": entry.acct_svcr_ref,
        "amount": amount(entry.amt),
        "side": entry.cdt_dbt_ind.value,
        "bookedOn": str(entry.bookg_dt.dt),
        "endToEndId": details.refs.end_to_end_id,
        "returnReason": details.rtr_inf.rsn.cd if details.rtr_inf else None,
    }


def read_camt053(document):
    (statement,) = document.bk_to_cstmr_stmt.stmt
    return {
        "account": statement.acct.id.othr.id,
        "balances": {bal.tp.cd_or_prtry.cd: f"{bal.amt.value:.2f} {bal.cdt_dbt_ind.value}" for bal in statement.bal},
        "entries": [read_entry(entry) for entry in statement.ntry],
    }


def read_camt054(document):
    (notification,) = document.bk_to_cstmr_dbt_cdt_ntfctn.ntfctn
    return {
        "account": notification.acct.id.othr.id,
        "entries": [read_entry(entry) for entry in notification.ntry],
    }


READERS = {
    "pain.001.001.09": read_pain001,
    "pain.002.001.10": read_pain002,
    "camt.053.001.08": read_camt053,
    "camt.054.001.08": read_camt054,
}


def fill(kind, value):
    """Builds the writer's own objects from plain data, by the names of their fields."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, list):
        return [fill(kind, each) for each in value]
    if isinstance(value, dict):
        fields = {name: field for name, field in kind.__dataclass_fields__.items()}
        return kind(**{name: fill(inner_type(kind, fields[name]), inner) for name, inner in value.items()})
    if kind is str:
        return value
    if kind is Decimal:
        return Decimal(value)
    if kind in (XmlDate, XmlDateTime):
        return kind.from_string(value)
    return kind(value)


def inner_type(owner, field):
    """The type of a field without `None |` and `list[…]`."""
    import types
    import typing

    kind = typing.get_type_hints(owner, vars(sys.modules[owner.__module__]))[field.name]
    while typing.get_origin(kind) in (list, types.UnionType, typing.Union):
        kind = next(each for each in typing.get_args(kind) if each is not type(None))
    return kind


def write(request):
    message = request["message"]
    document = fill(module_of(message).Document, request["content"])
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
    # Most writers use a prefix for the name space where this engine uses none.
    return XmlSerializer().render(document, ns_map={request.get("prefix"): namespace})


def read(request):
    return READERS[request["message"]](parse(request["message"], request["xml"]))


def answer(request):
    try:
        return {"result": {"validate": validate, "read": read, "write": write}[request["do"]](request)}
    except Exception as error:  # what a reader refuses is an answer, not a failure of this program
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)
