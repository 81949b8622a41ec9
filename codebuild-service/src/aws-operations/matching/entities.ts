/**
 * The things that a request names beyond any doubt, by their shape: ids, ARNs, regions, addresses, quoted words. What is
 * left of the text afterwards is words. Pure.
 */
import { AwsRegion } from '@aws-deployer/platform/contracts/cloud-accounts';

export interface Entities {
  /** EC2 ids by their prefix: `i`, `vpc`, `sg` … in the order of the text. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly arns: readonly string[];
  readonly accessKeys: readonly string[];
  readonly cidrs: readonly string[];
  readonly digests: readonly string[];
  readonly quoted: readonly string[];
  /** `/aws/lambda/shop`. */
  readonly paths: readonly string[];
  /** `env=prod`. */
  readonly pairs: Readonly<Record<string, string>>;
  /** `s3://bucket/key`; a key that ends with a slash is a prefix. */
  readonly s3: { readonly bucket: string; readonly key: string | null; readonly prefix: string | null } | null;
  readonly json: unknown;
  readonly region: string | null;
  /** The text without them. */
  readonly rest: string;
}

const CITIES: Readonly<Record<string, string>> = {
  frankfurt: 'eu-central-1',
  ireland: 'eu-west-1',
  london: 'eu-west-2',
  paris: 'eu-west-3',
  stockholm: 'eu-north-1',
  milan: 'eu-south-1',
  zurich: 'eu-central-2',
  spain: 'eu-south-2',
  virginia: 'us-east-1',
  ohio: 'us-east-2',
  california: 'us-west-1',
  oregon: 'us-west-2',
  tokyo: 'ap-northeast-1',
  seoul: 'ap-northeast-2',
  osaka: 'ap-northeast-3',
  singapore: 'ap-southeast-1',
  sydney: 'ap-southeast-2',
  mumbai: 'ap-south-1',
  'sao paulo': 'sa-east-1',
  canada: 'ca-central-1',
};
const WHOLE_INTERNET =
  /\b(from )?(anywhere|everywhere|everyone|anybody|everybody|the (whole )?(internet|world)|all addresses)\b/i;

export function entitiesOf(query: string): Entities {
  let rest = query;
  /** Takes every match out of the text, so that a part of it is not read again as something else. */
  const take = (shape: RegExp, group = 0): string[] => {
    const found: string[] = [];
    rest = rest.replace(shape, (...match: unknown[]) => {
      found.push(String(match[group]));
      return ' ';
    });
    return found;
  };
  const json = jsonIn(rest);
  if (json !== undefined) rest = rest.slice(0, rest.indexOf('{')) + rest.slice(rest.lastIndexOf('}') + 1);
  const quoted = take(/"([^"]{1,2000})"|'([^'\s][^']{0,1999})'(?=[\s.,;!?]|$)|`([^`]{1,2000})`/g).map((text) =>
    text.slice(1, -1),
  );
  const [s3] = take(/\bs3:\/\/[a-z0-9.-]{3,63}(\/\S*)?/g);
  const arns = take(/\barn:aws[a-z-]*:[^\s,;]+/g);
  const digests = take(/\bsha256:[0-9a-f]{64}\b/g);
  const accessKeys = take(/\b(AKIA|ASIA)[0-9A-Z]{12,}\b/g);
  const cidrs = [
    ...take(/\b\d{1,3}(\.\d{1,3}){3}\/\d{1,2}\b/g),
    ...take(/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\/\d{1,3}\b/gi),
    ...take(/\b\d{1,3}(\.\d{1,3}){3}\b/g).map((address) => `${address}/32`),
  ];
  const ids: Record<string, string[]> = {};
  for (const id of take(/\b[a-z]{1,8}-[0-9a-f]{8,17}\b/g)) (ids[id.slice(0, id.indexOf('-'))] ??= []).push(id);
  const pairs = Object.fromEntries(
    take(/(?<![\w-])[A-Za-z][\w.:/-]*=[^\s,;]+/g).map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const paths = take(/(?<=^|\s)\/[\w.#/-]*\w/g);
  const region = takenRegion(take);
  if (WHOLE_INTERNET.test(rest)) cidrs.push('0.0.0.0/0');
  return { ids, arns, accessKeys, cidrs, digests, quoted, paths, pairs, s3: bucketOf(s3), json, region, rest };
}

function takenRegion(take: (shape: RegExp) => string[]): string | null {
  const [named] = take(
    /\b(in |from |of )?[a-z]{2}(-gov|-iso)?-(central|north|south|east|west|northeast|northwest|southeast|southwest)-\d\b/gi,
  );
  const region = named?.toLowerCase().replace(/^(in|from|of) /, '');
  if (region !== undefined && AwsRegion.safeParse(region).success) return region;
  const [city] = take(new RegExp(`\\b(in|from) (${Object.keys(CITIES).join('|')})\\b`, 'gi'));
  return city === undefined ? null : (CITIES[city.toLowerCase().replace(/^(in|from) /, '')] ?? null);
}
function bucketOf(address: string | undefined): Entities['s3'] {
  if (address === undefined) return null;
  const [bucket = '', ...key] = address.slice('s3://'.length).split('/');
  const path = key.join('/') || null;
  const isPrefix = path?.endsWith('/') === true;
  return { bucket, key: isPrefix ? null : path, prefix: isPrefix ? path : null };
}
function jsonIn(text: string): unknown {
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (from === -1 || to < from) return undefined;
  try {
    return JSON.parse(text.slice(from, to + 1));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // braces that are no JSON are words like any other
    throw error;
  }
}
