/**
 * What a pasted source is and whether it is well formed.
 *
 * Without a language: `<!doctype` or `<html` at its start is a static page; otherwise it is what Node or Python's
 * compiler accepts. Where both do (`x = 1`), its idioms decide. Neither: the problem nearest to what it looks like.
 */
import { compileNode, compilePython, type Compiled, type SyntaxProblem } from './syntax-check.js';

export type SnippetLanguage = 'python' | 'node' | 'static';
export interface SnippetCheck {
  /** Undefined: no language takes it. */
  readonly language: SnippetLanguage | undefined;
  readonly problems: readonly SyntaxProblem[];
  readonly warnings: readonly string[];
  /** Set for Node and Python. */
  readonly compiled: Compiled | undefined;
}

const looksLikePage = (code: string): boolean => /^(?:\s|<!--[\s\S]*?-->)*<(?:!doctype|html)\b/i.test(code);
const looksLikePython = (code: string): boolean =>
  /^\s*(?:def|class|elif|except|with|for|if|while)\b[^{]*:\s*(?:#.*)?$|^\s*(?:from\s+[\w.]+\s+import\b|import\s+[\w.]+\s*$)|\bprint\s*\(|\bself\b|^\s*@app\.|^\s*#/m.test(
    code,
  );
const looksLikeNode = (code: string): boolean =>
  /\b(?:const|let|var|function|require|console|module\.exports|process\.env)\b|=>|^\s*\/\/|;\s*$/m.test(code);

export async function checkSnippet(
  code: string,
  language: SnippetLanguage | undefined,
  signal: AbortSignal,
): Promise<SnippetCheck> {
  if (language === 'static' || (language === undefined && looksLikePage(code))) return checkPage(code);
  if (language === 'node') return checked('node', code, await compileNode(code, signal));
  if (language === 'python') return checked('python', code, await compilePython(code, signal));

  const [node, python] = await Promise.all([compileNode(code, signal), compilePython(code, signal)]);
  const pythonic = looksLikePython(code) && !looksLikeNode(code);
  if (node.problem === undefined && python.problem === undefined)
    return pythonic ? checked('python', code, python) : checked('node', code, node);
  if (python.problem === undefined) return checked('python', code, python);
  if (node.problem === undefined) return checked('node', code, node);
  const nearest = looksLikePython(code) || !looksLikeNode(code) ? python : node;
  return {
    language: undefined,
    problems: nearest.problem === undefined ? [] : [nearest.problem],
    warnings: [],
    compiled: undefined,
  };
}

function checked(language: 'node' | 'python', code: string, compiled: Compiled): SnippetCheck {
  const warnings = [...compiled.warnings];
  if (compiled.problem === undefined) {
    const serves =
      language === 'node'
        ? /\.listen\s*\(|\bserve\s*\(/.test(code)
        : flaskVariable(code) !== undefined ||
          /serve_forever|\.run\s*\(|run_app|socketserver|asyncio\.start_server/.test(code);
    if (!serves) warnings.push('nothing in the code listens for requests: the deployment will not become ready');
    else if (flaskVariable(code) === undefined && !/\bPORT\b/.test(code))
      warnings.push(
        'the code does not read the PORT environment variable: it must listen on the port of the deployment',
      );
  }
  return {
    language,
    problems: compiled.problem === undefined ? [] : [compiled.problem],
    warnings,
    compiled,
  };
}

function checkPage(code: string): SnippetCheck {
  const warnings = /<html\b/i.test(code) && !/<\/html\s*>/i.test(code) ? ['the page has no </html>'] : [];
  return { language: 'static', problems: [], warnings, compiled: undefined };
}

/** The name of the Flask application in the code: `app` in `app = Flask(__name__)`. */
export const flaskVariable = (code: string): string | undefined =>
  /^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:flask\.)?Flask\s*\(/m.exec(code)?.[1];

/** `line 3: invalid syntax` */
export const describeProblem = (problem: SyntaxProblem): string =>
  problem.line === undefined ? problem.message : `line ${String(problem.line)}: ${problem.message}`;
