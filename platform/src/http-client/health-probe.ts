import { request } from 'undici';
import { z } from 'zod';
import { messageOf } from '../errors/app-error.js';

/** The body of `/health`: of one service, or of all that share a process. */
const HealthBody = z.object({
  services: z.record(z.string(), z.object({ status: z.string(), reason: z.string().optional() })),
});
export interface Health {
  /** Null: nothing that answers as our services do. */
  readonly services: Readonly<Record<string, { readonly status: string; readonly reason?: string | undefined }>> | null;
  readonly latencyMs: number;
  readonly problem: string | null;
}

/** Asks one `/health`. Never throws: no answer is an answer. undici, because `fetch` refuses port 6000. */
export async function probeHealth(url: string, timeoutMs: number, stopping: AbortSignal): Promise<Health> {
  const began = performance.now();
  const latency = () => Math.round(performance.now() - began);
  try {
    const response = await request(new URL('/health', url), {
      signal: AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]),
      headers: { accept: 'application/json' },
    });
    const text = await response.body.text();
    const body = HealthBody.safeParse(JSON.parse(text));
    if (body.success) return { services: body.data.services, latencyMs: latency(), problem: null };
    return { services: null, latencyMs: latency(), problem: `answered ${response.statusCode} without a state` };
  } catch (error) {
    return { services: null, latencyMs: latency(), problem: messageOf(error) || 'does not answer' };
  }
}
