/**
 * Asks the languages' own compilers whether a snippet is well formed. Nothing of it is ever executed: `node --check`
 * parses, Python's `compile` compiles.
 *
 * Units    `line` counts from 1.
 * Throws   AppError unavailable/`python_missing` when there is no Python to ask.
 * Cancel   aborting `signal` ends the compiler.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';

export interface SyntaxProblem {
  readonly line: number | undefined;
  readonly message: string;
}
export interface Compiled {
  readonly problem: SyntaxProblem | undefined;
  /** Node: the file's extension under which it is well formed. */
  readonly extension: 'py' | 'mjs' | 'cjs';
  /** Modules it imports that the language does not bring along, as they are imported. */
  readonly imports: readonly string[];
  readonly warnings: readonly string[];
}
interface Ended {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly missing: boolean;
}
const TIMEOUT_MS = 10_000;

function run(command: string, args: readonly string[], input: string, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', signal, maxBuffer: 1024 * 1024 },
      (error, stdout, stderr) => {
        if (signal.aborted) reject(signal.reason as Error);
        else
          resolve({
            ok: error === null,
            stdout,
            stderr,
            missing: error !== null && 'code' in error && error.code === 'ENOENT',
          });
      },
    );
    child.stdin?.on('error', () => child.stdin?.destroy()); // it ended before it read everything: its answer counts
    child.stdin?.end(input);
  });
}

export async function compileNode(code: string, signal: AbortSignal): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'deployer-snippet-'));
  try {
    // Modules are the way of today; a script is tried when it can only be one (`require`, `return` at the top, …).
    const order = /\brequire\s*\(|\bmodule\.exports\b/.test(code)
      ? (['cjs', 'mjs'] as const)
      : (['mjs', 'cjs'] as const);
    let first: Compiled | undefined;
    for (const extension of order) {
      const file = join(folder, `snippet.${extension}`);
      await writeFile(file, code);
      const ended = await run(process.execPath, ['--check', file], '', signal);
      const compiled = {
        extension,
        imports: nodeImports(code),
        warnings: [],
        problem: ended.ok ? undefined : nodeProblem(ended.stderr),
      };
      if (ended.ok) return compiled;
      first ??= compiled;
    }
    return first as Compiled;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `/tmp/…/snippet.mjs:3`, a picture of the line, then `SyntaxError: …`. */
function nodeProblem(stderr: string): SyntaxProblem {
  const line = /snippet\.[mc]js:(\d+)/.exec(stderr)?.[1];
  const message = /^\w*Error(?: \[\w+\])?: (.*)$/m.exec(stderr)?.[1];
  return {
    line: line === undefined ? undefined : Number(line),
    message: message ?? (stderr.trim().split('\n').at(-1) || 'Node does not take it'),
  };
}

function nodeImports(code: string): readonly string[] {
  const specifiers = code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g);
  const names = [...specifiers]
    .map((match) => match[2] ?? '')
    .filter((name) => /^(?:@[\w.-]+\/)?[\w.-]+/.test(name) && !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    .filter((name) => !builtinModules.includes(name));
  return [...new Set(names)].sort();
}

/** Prints one JSON object about the source on standard input. */
const PYTHON_CHECK = `
import ast, json, sys, warnings
source = sys.stdin.buffer.read()
answer = {"problem": None, "imports": [], "warnings": []}
try:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile(source, "snippet.py", "exec", dont_inherit=True)
        tree = ast.parse(source)
    answer["warnings"] = ["line %s: %s" % (w.lineno, w.message) for w in caught][:20]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    answer["imports"] = sorted(names - set(sys.stdlib_module_names))
except SyntaxError as error:
    answer["problem"] = {"line": error.lineno, "message": error.msg}
except (ValueError, RecursionError, MemoryError, OverflowError) as error:
    answer["problem"] = {"line": None, "message": str(error) or type(error).__name__}
print(json.dumps(answer))
`;
interface PythonAnswer {
  readonly problem: { readonly line: number | null; readonly message: string } | null;
  readonly imports: readonly string[];
  readonly warnings: readonly string[];
}

export async function compilePython(code: string, signal: AbortSignal): Promise<Compiled> {
  const ended = await run('python3', ['-I', '-B', '-c', PYTHON_CHECK], code, signal);
  if (ended.missing)
    throw new AppError('unavailable', 'python_missing', 'There is no python3 on this machine to check the code with');
  if (!ended.ok) {
    const said = ended.stderr.trim().split('\n').at(-1) || 'the compiler gave up on it';
    return { extension: 'py', imports: [], warnings: [], problem: { line: undefined, message: said } };
  }
  const answer = JSON.parse(ended.stdout) as PythonAnswer;
  return {
    extension: 'py',
    imports: answer.imports,
    warnings: answer.warnings,
    problem:
      answer.problem === null ? undefined : { line: answer.problem.line ?? undefined, message: answer.problem.message },
  };
}
