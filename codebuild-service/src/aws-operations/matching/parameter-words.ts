/**
 * How each parameter is said in words: from the things of a sure shape first, from a name beside its noun else. What is
 * found is only a proposal: the operation's schema decides whether it is taken. Pure.
 */
import type { Entities } from './entities.js';
import { calledSo, namedBy, onlyOddName, wordAfter } from './named-things.js';

export interface Said {
  /** As it was written. */
  readonly query: string;
  readonly entities: Entities;
  readonly tokens: readonly string[];
}
type Find = (said: Said) => unknown;

const idOf =
  (prefix: string): Find =>
  ({ entities: { ids } }) =>
    ids[prefix]?.[0];
const idsOf =
  (prefix: string): Find =>
  ({ entities: { ids } }) =>
    ids[prefix];
const arnOf = ({ entities: { arns } }: Said, service: string): string | undefined =>
  arns.find((arn) => arn.split(':')[2] === service);
/** A name beside a noun, or in quotes, or the only word that can be one. */
const named =
  (...nouns: readonly string[]): Find =>
  ({ entities: { quoted }, tokens }) =>
    namedBy(nouns, tokens) ?? calledSo(tokens) ?? quoted[0] ?? onlyOddName(tokens);
/** As `named`, but for what may be left out: a lone name may be something else. */
const namedIfAny =
  (...nouns: readonly string[]): Find =>
  ({ tokens }) =>
    namedBy(nouns, tokens);
const number = (query: string, ...shapes: readonly RegExp[]): number | undefined => {
  for (const shape of shapes) {
    const found = shape.exec(query)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
};
const PORTS: Readonly<Record<string, number>> = {
  https: 443,
  http: 80,
  ssh: 22,
  mysql: 3306,
  postgres: 5432,
  postgresql: 5432,
  rdp: 3389,
  redis: 6379,
  smtp: 25,
};
const port: Find = ({ query }) => {
  const said = number(query, /\bports? (\d{1,5})\b/i, /\b(\d{1,5})\/(?:tcp|udp)\b/i);
  const service = /\b(https?|ssh|mysql|postgres(?:ql)?|rdp|redis|smtp)\b/i.exec(query)?.[1]?.toLowerCase();
  return said ?? (service === undefined ? undefined : PORTS[service]);
};
const days: Find = ({ query }) => {
  const weeks = number(query, /\b(\d+) ?weeks?\b/i);
  const months = number(query, /\b(\d+) ?months?\b/i) ?? (/\b(a|one) month\b/i.test(query) ? 1 : undefined);
  const years = number(query, /\b(\d+) ?years?\b/i) ?? (/\b(a|one) year\b/i.test(query) ? 1 : undefined);
  if (years !== undefined) return years * 365;
  if (months !== undefined) return months * 30;
  if (weeks !== undefined || /\b(a|one) week\b/i.test(query)) return (weeks ?? 1) * 7;
  return number(query, /\b(\d+) ?(?:days?|d)\b/i, /\bretention\D{1,20}(\d+)\b/i);
};
const hours: Find = ({ query }) => {
  const minutes = number(query, /\b(\d+) ?(?:minutes?|mins?)\b/i);
  if (minutes !== undefined) return minutes / 60;
  const ofDays =
    number(query, /\b(\d+) ?days?\b/i) ?? (/\b(today|yesterday|last day|past day)\b/i.test(query) ? 1 : undefined);
  return ofDays === undefined ? number(query, /\b(\d+(?:\.\d+)?) ?(?:hours?|h)\b/i) : ofDays * 24;
};
const memory: Find = ({ query }) => {
  const gib = number(query, /\b(\d+(?:\.\d+)?) ?gi?b\b/i);
  return gib === undefined ? number(query, /\b(\d+) ?mi?b\b/i, /\bmemory\D{1,20}(\d+)\b/i) : gib * 1024;
};
const timeout: Find = ({ query }) => {
  const minutes = number(query, /\b(\d+) ?(?:minutes?|mins?)\b/i);
  return minutes === undefined
    ? number(query, /\b(\d+) ?(?:seconds?|secs?|s)\b/i, /\btime ?(?:out|limit)\D{1,20}(\d+)\b(?! ?[mg]i?b)/i)
    : minutes * 60;
};
const stateOf = ({ query }: Said): string | undefined =>
  /\b(pending|running|shutting-down|terminated|stopping|stopped|available|in-use|creating|deleting|error)\b/i
    .exec(query)?.[1]
    ?.toLowerCase() ??
  (/\b(unattached|unused|free)\b/i.test(query) ? 'available' : /\battached\b/i.test(query) ? 'in-use' : undefined);
const status: Find = ({ query }) => {
  if (/\b(deactivate|disable|inactive|switch(ed)? off|turn(ed)? off)\b/i.test(query) && /key/i.test(query))
    return 'Inactive';
  if (/\b(re)?activate\b|\benable\b|\bturn(ed)? on\b|\bswitch(ed)? on\b/i.test(query))
    return /key/i.test(query) ? 'Active' : 'Enabled';
  return /\b(suspend|disable|stop|turn(ed)? off|switch(ed)? off)\b/i.test(query) ? 'Suspended' : undefined;
};
const bucket: Find = (said) => said.entities.s3?.bucket ?? named('bucket')(said);
const objectKey: Find = ({ entities: { s3, quoted }, tokens }) =>
  s3?.key ??
  wordAfter(
    /^(key|object|file|as|under)$/i,
    tokens.filter((token) => !/^(bucket|s3)$/i.test(token)),
  ) ??
  quoted[0];
const PREFIXED = /^(prefix|starting|beginning)$/i;
const prefix: Find = ({ entities: { s3, quoted, paths }, tokens }) => {
  if (s3 !== null) return s3.prefix ?? undefined;
  return tokens.some((token) => PREFIXED.test(token))
    ? (wordAfter(/^(prefix|with)$/i, tokens) ?? quoted[0] ?? paths[0])
    : undefined;
};
const logGroup: Find = (said) => said.entities.paths[0] ?? named('log group', 'group', 'logs of', 'logs for')(said);
const repositoryWithTag = ({ tokens }: Said): [string, string] | undefined => {
  const image = tokens.find((token) => /^[a-z0-9][a-z0-9._/-]*:[\w][\w.-]*$/.test(token));
  const at = image?.lastIndexOf(':') ?? -1;
  return image === undefined ? undefined : [image.slice(0, at), image.slice(at + 1)];
};
const withoutTag = (said: Said): Said => ({
  ...said,
  tokens: said.tokens.filter((_, at) => !/^(tag|tagged)$/i.test(said.tokens[at - 1] ?? '')),
});

export const PARAMETER_WORDS: Readonly<Record<string, Find>> = {
  instance_ids: idsOf('i'),
  instance_id: idOf('i'),
  vpc_ids: idsOf('vpc'),
  vpc_id: idOf('vpc'),
  group_ids: idsOf('sg'),
  group_id: idOf('sg'),
  volume_ids: idsOf('vol'),
  volume_id: idOf('vol'),
  image_ids: idsOf('ami'),
  resources: ({ entities: { ids } }) => Object.values(ids).flat(),
  tags: ({ entities: { pairs } }) => pairs,
  tag_key: ({ entities: { pairs } }) => Object.keys(pairs)[0],
  tag_value: ({ entities: { pairs } }) => Object.values(pairs)[0],
  tag_keys: ({ entities: { pairs, quoted }, tokens }) =>
    Object.keys(pairs).length > 0 ? Object.keys(pairs) : quoted.length > 0 ? quoted : [namedBy(['tag'], tokens)],
  state: stateOf,
  status,
  protocol: ({ query }) => /\b(tcp|udp|icmp)\b/i.exec(query)?.[1]?.toLowerCase(),
  from_port: port,
  to_port: ({ query }) => number(query, /\bports? \d{1,5} ?(?:-|to|through|until) ?(\d{1,5})\b/i),
  cidr: ({ entities: { cidrs } }) => cidrs[0],
  bucket,
  key: objectKey,
  content: ({ entities: { quoted } }) => quoted[0],
  prefix,
  name_prefix: prefix,
  log_group_name_prefix: ({ entities: { paths } }) => paths[0],
  repository_name: (said) =>
    repositoryWithTag(said)?.[0] ??
    named('ecr repository', 'repository', 'repo', 'registry', 'image')(withoutTag(said)),
  image_tag: (said) => repositoryWithTag(said)?.[1] ?? wordAfter(/^(tag|tagged)$/i, said.tokens),
  image_digest: ({ entities: { digests } }) => digests[0],
  image_tag_mutability: ({ query }) => (/\bimmutable\b/i.test(query) ? 'IMMUTABLE' : undefined),
  cluster_name: named('eks cluster', 'kubernetes cluster', 'cluster', 'eks'),
  nodegroup_name: ({ tokens }) => namedBy(['node group', 'nodegroup', 'worker group'], tokens),
  desired_size: ({ query }) =>
    number(query, /\b(?:to|at|exactly|of) (\d+)\b/i, /\b(\d+) (?:worker )?nodes?\b/i, /\bsize\D{1,10}(\d+)\b/i),
  min_size: ({ query }) => number(query, /\b(?:min(?:imum)?|at least)\D{1,10}(\d+)\b/i),
  max_size: ({ query }) => number(query, /\b(?:max(?:imum)?|at most|up to)\D{1,10}(\d+)\b/i),
  user_name: named('iam user', 'user', 'of'),
  role_name: named('iam role', 'role'),
  access_key_id: ({ entities: { accessKeys } }) => accessKeys[0],
  scope: ({ query }) => (/\baws[- ]managed\b|\bmanaged by aws\b/i.test(query) ? 'AWS' : undefined),
  log_group_name: logGroup,
  log_stream_name: ({ entities: { quoted }, tokens }) => namedBy(['log stream', 'stream'], tokens) ?? quoted[0],
  filter_pattern: ({ entities: { quoted }, query }) =>
    quoted[0] ?? (/\berrors?\b/i.test(query) ? 'ERROR' : /\bexceptions?\b/i.test(query) ? 'Exception' : undefined),
  hours,
  retention_in_days: days,
  db_instance_identifier: named('rds instance', 'db instance', 'database', 'rds', 'db', 'rds database'),
  db_snapshot_identifier: ({ tokens }) => calledSo(tokens) ?? wordAfter(/^as$/i, tokens),
  function_name: (said) => arnOf(said, 'lambda') ?? named('lambda function', 'function', 'lambda')(said),
  payload: ({ entities: { json } }) => json,
  memory_size: memory,
  timeout,
  stack_name: (said) => arnOf(said, 'cloudformation') ?? named('cloudformation stack', 'stack')(said),
  secret_id: (said) => arnOf(said, 'secretsmanager') ?? said.entities.paths[0] ?? named('secret')(said),
  project_name: named('codebuild project', 'build project', 'project'),
  description: () => undefined,
  version_id: () => undefined,
  content_type: () => undefined,
};
/** Where one may be left out, a lone name is not enough: it may belong to something else. */
export const OPTIONAL_WORDS: Readonly<Record<string, Find>> = {
  repository_name: namedIfAny('ecr repository', 'repository', 'repo'),
  db_instance_identifier: namedIfAny('rds instance', 'db instance', 'database', 'db'),
  user_name: namedIfAny('iam user', 'user', 'of', 'for'),
  stack_name: namedIfAny('cloudformation stack', 'stack'),
};
