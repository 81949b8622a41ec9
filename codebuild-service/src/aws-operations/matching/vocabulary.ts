/**
 * The words that people use for AWS. A synonym becomes the catalogue's own word, so that a question and an operation's
 * phrases meet; words that say nothing of the thing are left out. Whether people want to know or to change is told apart first.
 */

/** Two words that are one thing, written as one from then on. */
const PAIRS: readonly (readonly [RegExp, string])[] = [
  [/\bvirtual (machine|server|computer)s?\b/g, 'instance'],
  [/\bvirtual private clouds?\b/g, 'vpc'],
  [/\b(amazon )?machine images?\b/g, 'ami'],
  [/\bsecurity groups?\b/g, 'securitygroup'],
  [/\bfirewall( rules?)?\b/g, 'securitygroup'],
  [/\b(inbound|ingress) rules?\b/g, 'ingress'],
  [/\bnode ?groups?\b/g, 'nodegroup'],
  [/\bworker (group|node)s?\b/g, 'nodegroup'],
  [/\blog groups?\b/g, 'loggroup'],
  [/\blog streams?\b/g, 'logstream'],
  [/\baccess keys?( ids?)?\b/g, 'accesskey'],
  [/\bapi keys?\b/g, 'accesskey'],
  [/\b(ssh )?key ?pairs?\b/g, 'keypair'],
  [/\bssh keys?\b/g, 'keypair'],
  [/\belastic ips?( address(es)?)?\b/g, 'eip'],
  [/\bpublic ip addresses\b/g, 'eip'],
  [/\broute tables?\b/g, 'routetable'],
  [/\brouting tables?\b/g, 'routetable'],
  [/\binternet gateways?\b/g, 'igw'],
  [/\bnat gateways?\b/g, 'nat'],
  [/\b(elastic )?network interfaces?\b/g, 'eni'],
  [/\bsecrets ?manager\b/g, 'secret'],
  [/\bcode ?build\b/g, 'codebuild'],
  [/\bbuild projects?\b/g, 'codebuild project'],
  [/\b(container|docker|image|ecr) (registry|registries|repositor(y|ies)|repos?)\b/g, 'ecr repository'],
  [/\b(container|docker|ecr) images?\b/g, 'ecr image'],
  [/\bcaller identity\b/g, 'identity'],
  [/\bwho am i\b|\bwhoami\b/g, 'identity'],
  [/\b(aws )?account id\b/g, 'identity'],
  [/\bwhich (aws )?account\b/g, 'identity'],
  [/\bstatus checks?\b/g, 'health'],
  [/\bnode count\b|\bnumber of nodes\b/g, 'nodegroup size'],
  [/\btime ?(out|limit)\b/g, 'timeout'],
  [/\b(turn|switch|power|boot|fire|spin) (it |them )?(on|up)\b/g, 'start'],
  [/\b(turn|switch|power) (it |them )?off\b/g, 'stop'],
  [/\bshut(s|ting)? ?(it |them )?down\b/g, 'stop'],
  [/\b(get|getting) rid of\b|\btear(ing)? down\b|\bthrow away\b/g, 'delete'],
  [/\bback(ing)? up\b/g, 'backup'],
  [/\blast used\b|\blast use\b|\bstill used\b/g, 'lastused'],
];
const SYNONYMS: Readonly<Record<string, string>> = {
  server: 'instance',
  vm: 'instance',
  machine: 'instance',
  box: 'instance',
  host: 'instance',
  disk: 'volume',
  ebs: 'volume',
  drive: 'volume',
  db: 'database',
  rds: 'database',
  mysql: 'database',
  postgres: 'database',
  aurora: 'dbcluster',
  k8s: 'cluster',
  kubernetes: 'cluster',
  eks: 'cluster',
  fn: 'function',
  lambda: 'function',
  serverless: 'function',
  cfn: 'stack',
  cloudformation: 'stack',
  file: 'object',
  document: 'object',
  content: 'object',
  repo: 'repository',
  registry: 'repository',
  network: 'vpc',
  vulnerability: 'finding',
  cve: 'finding',
  scan: 'finding',
  password: 'value',
  message: 'event',
  entry: 'event',
  history: 'event',
  healthy: 'health',
  permission: 'policy',
  right: 'policy',
  launch: 'start',
  boot: 'start',
  resume: 'start',
  wake: 'start',
  halt: 'stop',
  pause: 'stop',
  shutdown: 'stop',
  restart: 'reboot',
  bounce: 'reboot',
  destroy: 'delete',
  remove: 'delete',
  drop: 'delete',
  erase: 'delete',
  wipe: 'delete',
  kill: 'terminate',
  terminate: 'terminate',
  make: 'create',
  add: 'create',
  new: 'create',
  provision: 'create',
  upload: 'put',
  write: 'put',
  save: 'put',
  store: 'put',
  allow: 'open',
  authorize: 'open',
  permit: 'open',
  let: 'open',
  revoke: 'close',
  block: 'close',
  deny: 'close',
  forbid: 'close',
  label: 'tag',
  annotate: 'tag',
  untag: 'untag',
  resize: 'scale',
  grow: 'scale',
  shrink: 'scale',
  run: 'invoke',
  call: 'invoke',
  execute: 'invoke',
  trigger: 'invoke',
  deactivate: 'switchkey',
  disable: 'switchkey',
  activate: 'switchkey',
  reactivate: 'switchkey',
  reveal: 'reveal',
  decrypt: 'reveal',
  encrypted: 'encryption',
  version: 'version',
  versioned: 'versioning',
  igws: 'igw',
  enis: 'eni',
  eips: 'eip',
  amis: 'ami',
  iams: 'iam',
};
/** Say nothing of the thing: articles, politeness, and the many ways to say «show me». */
const EMPTY = new Set(
  (
    'a an the this that these those my our your their its it them all any some every each of in on at to for from with by as into under ' +
    'and or is are was were be been do does did have has had we i me us you he she they there here what which who whom whose when where why how ' +
    'many much can could would should will shall may might must please want wants need like just now currently right exactly named called name names ' +
    'show list get describe display print give tell see view find fetch look up out check about details detail info information facts ' +
    'aws amazon exist exists existing available s so if then than not no yes ok hey hi hello thanks thank go ahead using use used via over ' +
    'after before since until ssh http https rdp one ones thing things something its already still ever am able going per kind'
  ).split(' '),
);
export const isEmpty = (word: string): boolean => EMPTY.has(word);

/** Words that begin a question, or ask to be shown something. */
const ASKING =
  /^(show|list|get|describe|display|print|give|tell|see|view|find|fetch|look|check|read|search|tail|which|what|who|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|any|count)\b/;
const POLITE =
  /^((hey|hi|hello|please|ok|now|just|kindly|can you|could you|would you|will you|can we|could we|i want to|i want you to|i'd like to|i would like to|i need to|i need you to|let's|lets|go ahead and|help me|help me to)[ ,]+)+/;
const NEGATED = /\b(don'?t|do not|does not|doesn'?t|never|without|not to|no longer want|avoid|instead of)\b/;

export interface Mood {
  /** It asks to be told something: whatever changes anything is not meant. */
  readonly asking: boolean;
  /** It says what must not be done: no change is meant either. */
  readonly negated: boolean;
  readonly text: string;
}
export function moodOf(query: string): Mood {
  const text = query.toLowerCase().replace(/[’‘]/g, "'").replace(/\s+/g, ' ').trim().replace(POLITE, '');
  const plea = /^(is it possible to|is there a way to)\b/.test(text);
  return { asking: !plea && (ASKING.test(text) || (text.endsWith('?') && !plea)), negated: NEGATED.test(text), text };
}

/** Words of a text as the catalogue has them. */
export function wordsOf(text: string): string[] {
  let joined = text.toLowerCase().replaceAll('_', ' ');
  for (const [pair, one] of PAIRS) joined = joined.replace(pair, one);
  return (joined.match(/[a-z0-9]+/g) ?? [])
    .filter((word) => !isEmpty(word))
    .map((word) => SYNONYMS[word] ?? singular(word))
    .map((word) => SYNONYMS[word] ?? word)
    .filter((word) => !isEmpty(word));
}
function singular(word: string): string {
  if (word.length <= 3 || /(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(ch|sh|x|z|ss)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith('s') ? word.slice(0, -1) : word;
}

/** What a word like this does to an account; a request that begins with one is no question. */
export const CHANGING = new Set([
  'start',
  'stop',
  'reboot',
  'terminate',
  'delete',
  'create',
  'put',
  'open',
  'close',
  'tag',
  'untag',
  'scale',
  'invoke',
  'switchkey',
  'set',
  'change',
  'update',
  'enable',
  'suspend',
  'backup',
  'take',
  'keep',
  'expire',
  'reveal',
  'increase',
  'decrease',
  'modify',
  'attach',
  'detach',
  'move',
  'copy',
  'rename',
  'rotate',
  'assign',
  'release',
  'purge',
  'empty',
  'clean',
  'deploy',
  'install',
  'replace',
  'restore',
]);
