// Functions stay short enough to be read at once. A factory that takes its dependencies and returns functions is as long
// as what it says itself: each function inside it is measured alone. Blank lines and comments do not count.
function linesOfCode(sourceCode) {
  const lines = new Set();
  for (const { loc } of sourceCode.ast.tokens) {
    for (let line = loc.start.line; line <= loc.end.line; line += 1) lines.add(line);
  }
  return lines;
}

const nameOf = (node) => node.id?.name ?? node.parent.key?.name ?? node.parent.id?.name ?? 'a function';

export const maxOwnLines = {
  meta: {
    type: 'suggestion',
    schema: [{ type: 'object', properties: { max: { type: 'integer' } }, additionalProperties: false }],
    messages: { tooLong: '{{name}} has {{lines}} lines of its own, and {{max}} can be read at once.' },
  },
  create(context) {
    const max = context.options[0]?.max ?? 70;
    const open = [];
    let codeLines;

    const enter = (node) => open.push({ node, nested: [] });
    const leave = (node) => {
      const { nested } = open.pop();
      open.at(-1)?.nested.push(node.loc);
      let own = 0;
      for (let line = node.loc.start.line; line <= node.loc.end.line; line += 1) {
        const within = nested.some(({ start, end }) => start.line < line && line <= end.line);
        if (!within && codeLines.has(line)) own += 1;
      }
      if (own > max) context.report({ node, messageId: 'tooLong', data: { name: nameOf(node), lines: own, max } });
    };

    return {
      Program: () => (codeLines = linesOfCode(context.sourceCode)),
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      'FunctionDeclaration:exit': leave,
      'FunctionExpression:exit': leave,
      'ArrowFunctionExpression:exit': leave,
    };
  },
};
