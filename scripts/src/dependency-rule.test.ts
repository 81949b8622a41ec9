/**
 * Who may import whom, read from the import lines of every source file; the same walk holds the rules on names and length.
 * A file of more than 300 lines (tests aside) says at its top why it is `in one file`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SERVICES = [
  'auth-service',
  'codebuild-service',
  'deployer',
  'history-service',
  'infra-oneclick',
  'monitor-service',
];
/** Builds Dockerfiles for the two services that make images. */
const IMAGE_BUILDER = /^@aws-deployer\/(platform|image-builder)\//;
const PARTS = [
  'platform',
  'image-builder',
  ...SERVICES,
  'local-cluster',
  'local-registry',
  'frontend',
  'cli',
  'scripts',
  'e2e',
];

/** What a workspace may import of the others. `scripts` composes the whole on one machine and is the only one that may meet all. */
const MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  platform: /^$/,
  ...Object.fromEntries(
    [...SERVICES, 'image-builder', 'local-cluster', 'local-registry'].map((name) => [
      name,
      /^@aws-deployer\/platform\//,
    ]),
  ),
  deployer: IMAGE_BUILDER,
  'codebuild-service': IMAGE_BUILDER,
  frontend: /^@aws-deployer\/platform\/(contracts|errors)\//,
  cli: /^@aws-deployer\/platform\/contracts\//,
  e2e: /^@aws-deployer\/(platform\/(contracts|testing)|codebuild-service\/testing)\//,
  scripts: /^@aws-deployer\//,
};

/** Where the kit of an outside system may be named; tests may name any. */
const SDK_HOME: Readonly<Record<string, RegExp>> = {
  '@kubernetes/client-node': /^deployer\/src\/adapters\/kubernetes\//,
  dockerode:
    /^(image-builder\/src\/docker|codebuild-service\/src\/adapters\/local-runner|local-cluster\/src\/kubelet\/runtimes)/,
  '@aws-sdk': /^(codebuild-service|infra-oneclick)\/src\/adapters\//,
  '@smithy': /^(codebuild-service|infra-oneclick)\/src\/adapters\//,
  mysql2: /^platform\/src\/database\//,
  'better-sqlite3': /^(platform\/src\/database|local-cluster\/src\/store)\//,
  '@node-rs/argon2': /^auth-service\/src\/[^/]+\//,
  winston: /^platform\/src\/observability\//,
  jose: /^platform\/src\/auth\//,
  httpxy: /^local-cluster\/src\/network\//,
  'playwright-core': /^e2e\/src\//,
};

interface SourceFile {
  readonly path: string;
  readonly part: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly imports: readonly string[];
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\()'([^']+)'/g;
const sources: readonly SourceFile[] = PARTS.flatMap((part) =>
  readdirSync(join(root, part, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const path = `${part}/src/${name}`;
      const text = readFileSync(join(root, path), 'utf8');
      return {
        path,
        part,
        text,
        isTest: /\.(test|scene)\.tsx?$|(^|\/)testing\//.test(name),
        imports: [...text.matchAll(IMPORT)].map(([, target]) => target ?? ''),
      };
    }),
);
/** `file → import` for each import that breaks the rule. */
const breaches = (isBreach: (file: SourceFile, target: string) => boolean): string[] =>
  sources.flatMap((file) =>
    file.imports.filter((target) => isBreach(file, target)).map((target) => `${file.path} → ${target}`),
  );

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
});

test('no service imports another, the platform imports none, and what speaks HTTP knows its words only', () => {
  expect(
    breaches(({ part }, target) => target.startsWith('@aws-deployer/') && !MAY_IMPORT[part]?.test(target)),
  ).toEqual([]);
});

test('no relative import leaves its workspace', () => {
  expect(
    breaches(
      ({ path, part }, target) =>
        target.startsWith('.') && relative(part, normalize(join(dirname(path), target))).startsWith('..'),
    ),
  ).toEqual([]);
});

test('what serves tests is imported by tests only', () => {
  expect(breaches(({ isTest }, target) => !isTest && /\/testing\//.test(target))).toEqual([]);
});

test('an SDK is named in its adapter folder only', () => {
  const home = (target: string): RegExp | undefined =>
    Object.entries(SDK_HOME).find(([sdk]) => target === sdk || target.startsWith(`${sdk}/`))?.[1];
  expect(breaches(({ path, isTest }, target) => !isTest && home(target)?.test(path) === false)).toEqual([]);
});

test('ports and the domain know no adapter', () => {
  expect(breaches(({ path }, target) => /\/src\/ports\//.test(path) && /\/adapters\//.test(target))).toEqual([]);
});

test('files and folders are named for what they hold', () => {
  const refused = /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/i;
  expect(sources.map(({ path }) => path).filter((path) => refused.test(path))).toEqual([]);
});

test('a file past 300 lines says at its top why it is in one file', () => {
  const silent = sources.filter(({ text, isTest }) => {
    const lines = text.split('\n');
    return !isTest && lines.length > 301 && !/in one file/i.test(lines.slice(0, 30).join('\n'));
  });
  expect(silent.map(({ path }) => path)).toEqual([]);
});
