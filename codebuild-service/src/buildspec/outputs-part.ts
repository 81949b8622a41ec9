/** `reports`, `artifacts` and `cache`: which files a build leaves behind, and which it finds again. */
import { REPORT_FORMATS, type Buildspec, type BuildspecArtifacts, type BuildspecReport } from './buildspec.js';
import type { Entry, Fields, NodeReader } from './node-reader.js';

const MOST_REPORT_GROUPS = 5;
const MOST_FALLBACK_KEYS = 5;
const ARTIFACT_KEYS = [
  'files',
  'name',
  'discard-paths',
  'base-directory',
  'exclude-paths',
  'enable-symlinks',
  's3-prefix',
] as const;

export function readReports(reader: NodeReader, entry: Entry | undefined): BuildspecReport[] {
  if (entry === undefined) return [];
  const groups = reader.entries(entry);
  if (groups.length > MOST_REPORT_GROUPS)
    reader.warn(
      entry.keyNode,
      entry.path,
      `has ${String(groups.length)} report groups`,
      `CodeBuild takes at most ${String(MOST_REPORT_GROUPS)}: put reports of one kind into one group`,
    );
  return groups.map((group) => {
    const fields = reader.fields(group, ['files', 'base-directory', 'discard-paths', 'file-format']);
    const files = reader.words(fields.files);
    if (files.length === 0)
      reader.problem(group.keyNode, group.path, 'names no files', "add files: with patterns such as '**/*.xml'");
    return {
      group: group.key,
      files,
      baseDirectory: reader.word(fields['base-directory']) ?? null,
      discardPaths: reader.flag(fields['discard-paths']),
      format: reader.oneOf(fields['file-format'], REPORT_FORMATS) ?? 'JUNITXML',
    };
  });
}

export function readArtifacts(
  reader: NodeReader,
  entry: Entry | undefined,
): Pick<Buildspec, 'artifacts' | 'secondaryArtifacts'> {
  if (entry === undefined) return { artifacts: null, secondaryArtifacts: {} };
  const fields = reader.fields(entry, [...ARTIFACT_KEYS, 'secondary-artifacts'] as const);
  const secondary = fields['secondary-artifacts'];
  const secondaryArtifacts = Object.fromEntries(
    (secondary === undefined ? [] : reader.entries(secondary)).map((item) => [
      item.key,
      artifactsOf(reader, item, reader.fields(item, ARTIFACT_KEYS)),
    ]),
  );
  const artifacts = artifactsOf(reader, entry, fields);
  return { artifacts: artifacts.files.length === 0 ? null : artifacts, secondaryArtifacts };
}

function artifactsOf(
  reader: NodeReader,
  entry: Entry,
  fields: Fields<(typeof ARTIFACT_KEYS)[number]>,
): BuildspecArtifacts {
  const files = reader.words(fields.files);
  if (files.length === 0)
    reader.warn(entry.keyNode, entry.path, 'names no files, so nothing is kept of it', "add files: such as '**/*'");
  return {
    files,
    name: reader.word(fields.name) ?? null,
    discardPaths: reader.flag(fields['discard-paths']),
    baseDirectory: reader.word(fields['base-directory']) ?? null,
    excludePaths: reader.words(fields['exclude-paths']),
    enableSymlinks: reader.flag(fields['enable-symlinks']),
    s3Prefix: reader.word(fields['s3-prefix']) ?? null,
  };
}

export function readCache(reader: NodeReader, entry: Entry | undefined): Buildspec['cache'] {
  if (entry === undefined) return null;
  const fields = reader.fields(entry, ['key', 'fallback-keys', 'action', 'paths']);
  const fallbackKeys = reader.words(fields['fallback-keys']);
  const key = reader.word(fields.key) ?? null;
  const fallback = fields['fallback-keys'];
  if (fallback && fallbackKeys.length > MOST_FALLBACK_KEYS)
    reader.problem(
      fallback.keyNode,
      fallback.path,
      `has ${String(fallbackKeys.length)} keys`,
      `keep at most ${String(MOST_FALLBACK_KEYS)}`,
    );
  if (fallback && key === null)
    reader.warn(fallback.keyNode, fallback.path, 'does nothing without cache.key', 'add key: to the cache');
  const paths = reader.words(fields.paths);
  if (paths.length === 0)
    reader.warn(
      entry.keyNode,
      entry.path,
      'names no paths, so nothing is cached',
      "add paths: such as 'node_modules/**/*'",
    );
  return { key, fallbackKeys, action: reader.oneOf(fields.action, ['restore', 'save'] as const) ?? 'both', paths };
}
