/** Addresses of pages of the AWS console, by partition: China and GovCloud have consoles of their own. */

/** A page below a regional console: path with its query and fragment (`ec2/home#Instances:`). `{region}` is filled in. */
export interface ConsolePage {
  readonly path: string;
  /** IAM and the like: one console for all regions. */
  readonly global?: boolean;
}
export const page = (path: string): ConsolePage => ({ path });
export const globalPage = (path: string): ConsolePage => ({ path, global: true });
/** For a value inside a path or a query. */
export const part = (value: string): string => encodeURIComponent(value);
/** CloudWatch's console wants its fragments encoded twice, with `$` for `%`. */
export const logPart = (value: string): string => encodeURIComponent(encodeURIComponent(value)).replaceAll('%', '$');

export function consoleUrl(region: string, { path, global = false }: ConsolePage): string {
  const host = region.startsWith('cn-')
    ? 'console.amazonaws.cn'
    : region.startsWith('us-gov-')
      ? 'console.amazonaws-us-gov.com'
      : 'console.aws.amazon.com';
  const [before = '', fragment] = path.split('#', 2);
  const query = global ? '' : `${before.includes('?') ? '&' : '?'}region=${region}`;
  return `https://${global ? '' : `${region}.`}${host}/${before}${query}${fragment === undefined ? '' : `#${fragment}`}`;
}
