import { bankDirectoryOf, bankUrlOf } from '../../activities/bank/bank-address';
import { Refusal } from '../../domain/refusal';

describe('the bank of the environment', () => {
  it('is a URL, or a directory', () => {
    expect(bankUrlOf({ SETTLE_BANK_URL: 'https://bank.example/iso' })).toBe('https://bank.example/iso');
    expect(bankDirectoryOf('https://bank.example/iso')).toBeUndefined();
    const url = bankUrlOf({ SETTLE_BANK_DIRECTORY: '/srv/银行 files', SETTLE_BANK_URL: '' });
    expect(bankDirectoryOf(url!)).toBe('/srv/银行 files');
    expect(bankUrlOf({})).toBeUndefined();
  });

  it('is never both', () => {
    const both = { SETTLE_BANK_URL: 'http://127.0.0.1:1', SETTLE_BANK_DIRECTORY: '/srv/bank' };
    expect(() => bankUrlOf(both)).toThrow(/SETTLE_BANK_URL and SETTLE_BANK_DIRECTORY are both set/);
    expect(() => bankUrlOf(both)).toThrow(Refusal);
  });
});
