import { expect, test } from 'vitest';
import { recogniseBase } from './base-image.js';
import { parseDockerfile } from './dockerfile.js';
import { expandPairs, expandText, expandWords } from './instruction-words.js';
import { globalArguments, neededStages, upToStage } from './stage-selection.js';

const lookup = (name: string): string | undefined => ({ A: 'one', EMPTY: '', S: 'two words' })[name];

test.each([
  ['$A ${A}x $NONE', ['one', 'onex']],
  ['${NONE:-other} ${EMPTY:-other} ${EMPTY-other}x ${A:+set} ${NONE:+set}', ['other', 'other', 'x', 'set']],
  [`'$A' "$A b" \\$A a\\ b`, ['$A', 'one b', '$A', 'a b']],
  ['$S', ['two words']],
  ['${NONE:-${A}}', ['one']],
])('%s becomes its words', (text, words) => {
  expect(expandWords(text, lookup)).toEqual(words);
});

test('pairs are read in both notations, and texts keep their quotes', () => {
  expect(expandPairs('X=1 Y="a b" Z=$A', lookup)).toEqual([
    ['X', '1'],
    ['Y', 'a b'],
    ['Z', 'one'],
  ]);
  expect(expandPairs('OLD some words $A', lookup)).toEqual([['OLD', 'some words one']]);
  expect(expandText('"$A" \\$A', lookup)).toBe('"one" $A');
});

test('instructions have their line, flags, JSON and here-documents', () => {
  const { stages } = parseDockerfile(`FROM a AS one
COPY --chown=x ["a b", "/c d/"]
RUN first && \\
  # between
  second
RUN <<'X' cat
$A
X
`);
  const [copy, run, here] = stages[0]?.instructions ?? [];
  expect(copy).toMatchObject({ line: 2, flags: { chown: 'x' }, json: ['a b', '/c d/'] });
  expect(run?.rest).toMatch(/^first && +second$/);
  expect(here?.heredocs).toEqual([{ name: 'X', quoted: true, content: '$A\n' }]);
});

test('only the stages that the last one needs are built', () => {
  const dockerfile = parseDockerfile(
    'ARG BASE=one\nFROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=0 /x /y\nFROM ${BASE}\nCOPY --from=three /y /z\n',
  );
  expect([...neededStages(dockerfile, globalArguments(dockerfile, {}))].sort()).toEqual([0, 2, 3]);
  expect([...neededStages(upToStage(dockerfile, '1'), globalArguments(dockerfile, {}))]).not.toContain(2);
  expect(() => upToStage(dockerfile, 'nowhere')).toThrow(/no stage nowhere/);
  expect([...neededStages(dockerfile, globalArguments(dockerfile, { BASE: 'two' }))].sort()).toEqual([0, 1, 2, 3]);
});

test.each([
  ['node:24-slim', 'node', '24'],
  ['docker.io/library/python:3.12.1-alpine', 'python', '3.12'],
  ['public.ecr.aws/docker/library/golang:1.23', 'go', '1.23'],
  ['maven:3.9-eclipse-temurin-21', 'java', '21'],
  ['gcr.io/distroless/nodejs22-debian12', 'node', '22'],
  ['nginx', 'static', undefined],
  ['nginxinc/nginx-unprivileged:1.27', 'static', undefined],
  ['alpine:3.20', 'bare', '3.20'],
])('%s stands for %s %s', (image, kind, version) => {
  expect(recogniseBase(image)).toMatchObject({ kind, version });
});

test.each(['acme/node:24', 'ghcr.io/x/python', 'mysql:8', 'constructor', 'node.evil.com/node:24'])(
  '%s stands for nothing',
  (image) => {
    expect(recogniseBase(image)).toBeUndefined();
  },
);
