/** A line of Terraform's JSON stream as an event of a run. What is no JSON (a warning of its start) is a line as it is. Pure. */
import type { InfraRunEvents, RunFailureView } from '@aws-deployer/platform/contracts/infra';
import { mask, maskText, type Masker } from '@aws-deployer/platform/masking/mask';
import { z } from 'zod';

const Line = z.object({
  '@level': z.string().default('info'),
  '@message': z.string().default(''),
  '@timestamp': z.string().optional(),
  type: z.string().default('log'),
  hook: z
    .object({
      resource: z.object({ addr: z.string() }).optional(),
      action: z.string().optional(),
      elapsed_seconds: z.number().optional(),
    })
    .optional(),
  outputs: z
    .record(
      z.string(),
      z.object({ sensitive: z.boolean().default(false), value: z.unknown().optional(), action: z.string().optional() }),
    )
    .optional(),
  diagnostic: z
    .object({
      severity: z.string(),
      summary: z.string().default(''),
      detail: z.string().default(''),
      address: z.string().optional(),
    })
    .optional(),
});
export type RunEvent =
  | { readonly type: 'line'; readonly data: InfraRunEvents['line'] }
  | { readonly type: 'resource'; readonly data: InfraRunEvents['resource'] }
  | { readonly type: 'outputs'; readonly data: InfraRunEvents['outputs'] };
export interface ReadLine {
  readonly events: readonly RunEvent[];
  readonly error?: RunFailureView['diagnostics'][number];
}

const RESOURCE: Readonly<Record<string, InfraRunEvents['resource']['status']>> = {
  apply_start: 'started',
  apply_progress: 'progress',
  apply_complete: 'done',
  apply_errored: 'failed',
};
const LONGEST = 4_000;

export function readLine(text: string, masker: Masker, now: string): ReadLine {
  const clean = (words: string): string => {
    // eslint-disable-next-line no-control-regex -- colours of the terminal
    const masked = maskText(words.replace(/\x1b\[[0-9;]*m/g, ''), masker);
    return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked;
  };
  const parsed = Line.safeParse(jsonOf(text));
  if (!parsed.success) {
    const words = clean(text).trim();
    return { events: words === '' ? [] : [{ type: 'line', data: { ts: now, level: 'info', text: words } }] };
  }
  const { type, hook, diagnostic, outputs = {}, ...rest } = parsed.data;
  const ts = instantOf(rest['@timestamp'], now);
  const words = clean(rest['@message']);
  const lines =
    diagnostic === undefined || diagnostic.detail === '' ? [words] : [words, ...clean(diagnostic.detail).split('\n')];
  const events: RunEvent[] = lines.map((line) => ({ type: 'line', data: { ts, level: rest['@level'], text: line } }));
  const status = RESOURCE[type];
  if (status !== undefined && hook?.resource !== undefined)
    events.push({
      type: 'resource',
      data: {
        ts,
        address: hook.resource.addr,
        action: hook.action ?? '',
        status,
        elapsed_seconds: hook.elapsed_seconds ?? null,
      },
    });
  // Of a plan they have an action and no value.
  const given = Object.entries(outputs).filter(([, { action }]) => action === undefined);
  if (given.length > 0)
    events.push({
      type: 'outputs',
      data: {
        outputs: given.map(([name, { sensitive, value }]) => ({
          name,
          value: sensitive ? null : shortened(mask({ [name]: value ?? null }, masker), name),
          sensitive,
        })),
      },
    });
  if (diagnostic?.severity !== 'error') return { events };
  const { summary, detail, address } = diagnostic;
  return { events, error: { summary: clean(summary), detail: clean(detail), address: address ?? null } };
}

/** A value under its name, for a name may tell that it is a secret. */
function shortened(masked: unknown, name: string): unknown {
  const value = (masked as Readonly<Record<string, unknown>>)[name];
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : value;
}

function jsonOf(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a line of a program that only begins so
  }
}

/** Of the length that instants have here. */
function instantOf(text: string | undefined, now: string): string {
  const date = new Date(text ?? now);
  return Number.isNaN(date.getTime()) ? now : date.toISOString();
}
