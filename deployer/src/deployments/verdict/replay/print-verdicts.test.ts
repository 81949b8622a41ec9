/** Directories as they come: with less than ours, with something broken, with other kinds of workloads. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { OutcomeLine } from './outcome.js';
import { printVerdicts } from './print-verdicts.js';

const OURS = join(import.meta.dirname, '../../../../testdata/failures');
type Entry = Record<string, unknown> & { slug: string };
const ours = JSON.parse(readFileSync(join(OURS, 'index.json'), 'utf8')) as Entry[];
const entry = (slug: string): Entry => {
  const found = ours.find((candidate) => candidate.slug === slug);
  if (found === undefined) throw new Error(`no recording ${slug}`);
  return structuredClone(found);
};

const directory = (entries: unknown, files: Record<string, string> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['streams', 'logs', 'manifests']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'index.json'), typeof entries === 'string' ? entries : JSON.stringify(entries));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};
const streamOf = (slug: string): Record<string, string> => ({
  [`streams/${slug}.jsonl`]: readFileSync(join(OURS, `streams/${slug}.jsonl`), 'utf8'),
});
const print = async (
  folder: string,
): Promise<{ lines: OutcomeLine[]; text: string[]; errors: string[]; broken: number }> => {
  const [text, errors]: [string[], string[]] = [[], []];
  const broken = await printVerdicts(folder, { out: (line) => text.push(line), err: (line) => errors.push(line) });
  const lines = text.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as OutcomeLine);
  return { lines, text, errors, broken };
};

test('our own directory: a line each of the agreed shape, a table that is all right, no error', async () => {
  const { lines, text, errors, broken } = await print(OURS);
  expect(lines.map(({ slug }) => slug)).toEqual(ours.map(({ slug }) => slug));
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(['slug', 'fault', 'code', 'at_ms', 'evidence']);
    expect(['release', 'platform', 'transient', 'none']).toContain(line.fault);
  }
  expect(text.join('\n')).not.toContain('WRONG');
  expect([errors, broken]).toEqual([[], 0]);
});

test('what is expected is not known to the verdict', async () => {
  const lied = ours.map((given) => ({
    ...given,
    expected_verdict: 'healthy',
    cause_code: 'none',
    what_was_done: 'nothing',
    decisive_signal: null,
    other_signals: [],
    duration_s: 1,
    note: '',
  }));
  const folder = directory(lied);
  for (const name of ['streams', 'logs', 'manifests'])
    cpSync(join(OURS, name), join(folder, name), { recursive: true });
  expect((await print(folder)).lines).toEqual((await print(OURS)).lines);
});

const BARE = [
  'crash-loop',
  'statefulset-stall',
  'image-not-found',
  'quota-exceeded',
  'healthy-rolling-update',
  'job-failed',
  'oom-killed',
  'unschedulable-taint',
];
test.each(BARE)('%s, with nothing but its stream', async (slug) => {
  const { expected_verdict, cause_code, namespace, t0 } = entry(slug);
  const { lines, broken } = await print(directory([{ slug, namespace, t0 }], streamOf(slug)));
  expect(broken).toBe(0);
  expect(lines[0]?.fault).toBe(
    expected_verdict === 'healthy' ? 'none' : String(expected_verdict).replace('_fault', ''),
  );
  expect(lines[0]?.code).toBe(cause_code);
});

test('without namespace and start', async () => {
  const { lines } = await print(directory([{ slug: 'crash-loop' }], streamOf('crash-loop')));
  expect(lines[0]).toMatchObject({ fault: 'release', code: 'crash_loop' });
});

test('no expectations, no judgement of what is right', async () => {
  const { slug, namespace, t0 } = entry('oom-killed');
  const { text } = await print(directory([{ slug, namespace, t0 }], streamOf('oom-killed')));
  expect(text.join('\n')).toContain('the index expects nothing of them');
});

test('each broken scenario is a line that says how, and the others are replayed', async () => {
  const files = {
    ...streamOf('oom-killed'),
    'streams/torn.jsonl': '{"at_ms": 1, "type"',
    'streams/empty.jsonl': '',
    'streams/odd.jsonl': '{"at_ms":0,"type":"BOOKMARK","object":{}}\n{"type":"ADDED"}\n[]\n7\n',
    'manifests/bad.yaml': 'a: [1',
  };
  const { slug, ...rest } = entry('oom-killed');
  const { lines, errors, broken, text } = await print(
    directory(
      [
        { slug: 'absent' },
        { slug: 'torn' },
        {},
        null,
        { slug: 'outside', stream: '../../etc/hosts' },
        { slug: 'badly-written', stream: 'streams/empty.jsonl', manifests: ['manifests/bad.yaml'] },
        { slug: 'empty' },
        { slug: 'odd', apply_responses: 'none', actions: {}, manifests: 3, t0: 5 },
        { slug, ...rest },
      ],
      files,
    ),
  );
  expect(broken).toBe(6);
  expect(errors).toEqual([
    'absent: streams/absent.jsonl is not there',
    expect.stringMatching(/^torn: streams\/torn.jsonl line 1 is not JSON/),
    'scenario 3: the entry of the index has no slug',
    'scenario 4: the entry of the index has no slug',
    'outside: ../../etc/hosts is outside of the directory',
    expect.stringMatching(/^badly-written: manifests\/bad.yaml is not YAML/),
  ]);
  expect(lines.slice(-3)).toMatchObject([
    { slug: 'empty', fault: 'none', code: 'none', at_ms: null },
    { slug: 'odd', fault: 'none', code: 'none', at_ms: null },
    { slug: 'oom-killed', fault: 'release', code: 'oom_killed' },
  ]);
  expect(text.at(-1)).toContain('3 replayed, 6 broken');
});

test.each(['', '{}', '[1'])('an index that is none is one error: %j', async (text) => {
  await expect(print(directory(text))).rejects.toMatchObject({ code: 'recording_broken' });
});

test('several workloads of one release: the one that fails is named', async () => {
  const read = (slug: string): Record<string, unknown>[] =>
    readFileSync(join(OURS, `streams/${slug}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  // The same stream once more, under another name.
  const renamed = read('oom-killed').map(
    (line) =>
      JSON.parse(
        JSON.stringify(line)
          .replace(/\bweb\b/g, 'worker')
          .replace(/"uid":"/g, '"uid":"w'),
      ) as Record<string, unknown>,
  );
  const merged = [...read('healthy-rolling-update'), ...renamed].toSorted(
    (a, b) => Number(a['at_ms']) - Number(b['at_ms']),
  );
  const { namespace, t0 } = entry('healthy-rolling-update');
  const folder = directory([{ slug: 'both', namespace, t0 }], {
    'streams/both.jsonl': merged.map((line) => JSON.stringify(line)).join('\n'),
  });
  const [line] = (await print(folder)).lines;
  expect(line).toMatchObject({ fault: 'release', code: 'oom_killed' });
  expect(line?.evidence?.object).toMatch(/^Pod worker-/);
});
