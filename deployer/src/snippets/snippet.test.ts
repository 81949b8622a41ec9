import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkSnippet, describeProblem, type SnippetLanguage } from './snippet-check.js';
import { writeSnippet } from './snippet-folder.js';

const { signal } = new AbortController();
async function written(code: string, language?: SnippetLanguage) {
  const folder = await mkdtemp(join(tmpdir(), 'engines-snippet-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const result = await writeSnippet({ code, language }, folder, signal);
  return { ...result, folder, read: (name: string) => readFile(join(folder, name), 'utf8') };
}
const FLASK = `from flask import Flask
app = Flask(__name__)

@app.get("/")
def hello():
    return "hello"
`;
const NODE = `import { createServer } from 'node:http';
createServer((_, res) => res.end('hi')).listen(process.env.PORT);
`;

test.each<[string, string, SnippetLanguage | undefined]>([
  ['a page', '<!DOCTYPE html><html><body>hi</body></html>', 'static'],
  ['a page after a comment', '\n<!-- x -->\n<html></html>', 'static'],
  ['Flask', FLASK, 'python'],
  ['a Node module', NODE, 'node'],
  ['a Node script', "const http = require('http')\nhttp.createServer().listen(1)\n", 'node'],
  ['what both would take, with Python idioms', 'print("hello")\n', 'python'],
  ['what both would take, with Node idioms', 'console.log("hello")\n', 'node'],
  ['neither', 'this is not code at all', undefined],
])('%s is recognised', async (_name, code, language) => {
  expect((await checkSnippet(code, undefined, signal)).language).toBe(language);
});

test('a problem names its line, in both languages, without a traceback', async () => {
  const python = await checkSnippet('import flask\n\ndef broken(:\n  pass\n', 'python', signal);
  expect(python.problems.map(describeProblem)).toEqual([expect.stringMatching(/^line 3: /)]);
  const node = await checkSnippet('const a = 1;\nconst b = ;\n', 'node', signal);
  expect(node.problems.map(describeProblem)).toEqual(["line 2: Unexpected token ';'"]);
  const nul = await checkSnippet('a\0b', 'python', signal);
  expect(nul.problems).toHaveLength(1);
});

test('code is compiled, never run', async () => {
  const marker = join(tmpdir(), `engines-snippet-ran-${String(process.pid)}`);
  await checkSnippet(`open(${JSON.stringify(marker)}, "w").close()\n`, 'python', signal);
  await checkSnippet(`import fs from 'node:fs';\nfs.writeFileSync(${JSON.stringify(marker)}, '');\n`, 'node', signal);
  await expect(stat(marker)).rejects.toThrow();
});

test('a Flask snippet becomes a folder whose runner serves it on PORT', async () => {
  const folder = await written(`${FLASK}\nif __name__ == "__main__":\n    app.run(port=5000)\n`);
  expect(folder).toMatchObject({ language: 'python', files: ['Dockerfile', 'app.py', 'requirements.txt', 'serve.py'] });
  expect(await folder.read('requirements.txt')).toBe('flask\n');
  expect(await folder.read('Dockerfile')).toContain('CMD ["python", "serve.py"]');
  const runner = await folder.read('serve.py');
  expect(runner).toContain('from app import app as application');
  expect(
    spawnSync('python3', ['-c', 'import sys; compile(sys.stdin.read(), "s", "exec")'], { input: runner }).status,
  ).toBe(0);
});

test('a Node snippet keeps its kind, and what it imports becomes its dependencies', async () => {
  const plain = await written(NODE);
  expect(plain.files).toEqual(['Dockerfile', 'server.mjs']);
  const script = await written(
    "const express = require('express');\nrequire('@scope/pkg/sub'); express().listen(process.env.PORT)",
  );
  expect(script.files).toEqual(['Dockerfile', 'package.json', 'server.cjs']);
  expect(JSON.parse(await script.read('package.json'))).toMatchObject({
    dependencies: { express: '*', '@scope/pkg': '*' },
  });
});

test('a page is served by nginx on PORT', async () => {
  const page = await written('<html><body>hi</body></html>');
  expect(page.files).toEqual(['Dockerfile', 'default.conf.template', 'index.html']);
  expect(await page.read('default.conf.template')).toContain('listen ${PORT};');
});

test.each([
  ['python', FLASK, '1000'],
  ['node', NODE, '1000'],
  ['static', '<html><body>hi</body></html>', '101'],
] as const)(
  'an image of %s runs as a user with a number, after everything that needs root',
  async (_language, code, user) => {
    const lines = (await (await written(code)).read('Dockerfile')).trim().split('\n');
    const at = lines.indexOf(`USER ${user}`);
    expect(at).toBeGreaterThan(0);
    expect(lines.slice(at).some((line) => /^(RUN|COPY|WORKDIR)/.test(line))).toBe(false);
  },
);

test('code that no language takes is refused on its field', async () => {
  await expect(written('this is not code at all')).rejects.toMatchObject({
    kind: 'invalid',
    code: 'snippet_invalid',
    fields: [{ field: 'source.code' }],
  });
  await expect(written('def x(:', 'python')).rejects.toThrow('line 1');
});

test('code that serves nothing, or not on PORT, is warned of', async () => {
  expect((await checkSnippet('const a = 1;', 'node', signal)).warnings.join()).toContain('listens for requests');
  expect((await checkSnippet("require('http').createServer().listen(3000)", 'node', signal)).warnings.join()).toContain(
    'PORT',
  );
  expect((await checkSnippet(FLASK, 'python', signal)).warnings).toEqual([]);
});
