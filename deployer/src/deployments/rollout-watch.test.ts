import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PodView, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterChange, Manifest } from '../ports/cluster.js';
import type { EndsBefore } from './verdict/snapshot.js';
import { watchRollout, type RolloutOutcome, type RolloutWatchOptions } from './rollout-watch.js';

/** A cluster that lives through a recorded rollout again, `speed` times as fast. */
const ROOT = join(import.meta.dirname, '../../testdata/failures');
interface StreamLine extends ClusterChange {
  readonly at_ms: number;
}
const LABELS = { 'aws-deployer.io/application': 'web', 'aws-deployer.io/environment': 'development' };
const marked = (object: Manifest): Manifest =>
  object.kind === 'Pod'
    ? { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...LABELS } } }
    : object;
const streamOf = (slug: string): readonly StreamLine[] =>
  readFileSync(join(ROOT, `streams/${slug}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamLine);
const replaying = (slug: string, change: Partial<Cluster> = {}, speed = 1): Cluster => {
  const stream = streamOf(slug);
  const unused = async (): Promise<never> => {
    throw new Error('not asked in a watch');
  };
  return {
    embedded: true,
    apply: unused,
    list: unused,
    patch: unused,
    remove: unused,
    serviceUrl: unused,
    proxyGet: unused,
    missingRights: unused,
    get: async () => undefined,
    logs: async ({ previous }) => (previous === true ? 'starting\nfatal: DATABASE_URL is not set\n' : undefined),
    watch: async (kinds, _namespace, onChange, signal) => {
      const began = Date.now();
      for (const line of stream.filter(({ object }) => kinds.some(({ kind }) => kind === object.kind))) {
        const wait = line.at_ms / speed - (Date.now() - began);
        if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        onChange({ type: line.type, object: marked(line.object) });
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    ...change,
  };
};

/** The objects of a stream as they were at its end. */
const lastOf = (slug: string): readonly Manifest[] => {
  const objects = new Map<string, Manifest>();
  for (const { type, object } of streamOf(slug)) {
    const key = `${object.kind}/${object.metadata.name}`;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
  }
  return [...objects.values()];
};

interface Told {
  readonly pods: PodView[][];
  readonly verdicts: (VerdictView | null)[];
  readonly sentences: string[];
}
const watch = async (
  cluster: Cluster,
  change: Partial<RolloutWatchOptions> = {},
  signal = new AbortController().signal,
): Promise<{ outcome: RolloutOutcome; told: Told }> => {
  const told: Told = { pods: [], verdicts: [], sentences: [] };
  const outcome = await watchRollout(
    {
      cluster,
      target: { namespace: 'rec', kind: 'Deployment', name: 'web', generation: 2, services: ['web'] },
      application: 'web',
      environment: 'development',
      releaseId: 'r2',
      deadlineMs: 20_000,
      proof: true,
      onPods: (pods) => told.pods.push(pods),
      onVerdict: (verdict) => told.verdicts.push(verdict),
      onProgress: (sentence) => told.sentences.push(sentence),
      ...change,
    },
    signal,
  );
  return { outcome, told };
};

test('a healthy rollout is complete when only new pods are behind the Service', async () => {
  const { outcome, told } = await watch(replaying('healthy-rolling-update'));
  expect(outcome.kind).toBe('complete');
  expect(told.verdicts).toEqual([]);
  expect(told.sentences.some((sentence) => sentence.includes('replaced'))).toBe(true);
  expect(told.pods.length).toBeGreaterThan(3);
  expect(told.pods.at(-1)?.filter(({ ready }) => ready)).toHaveLength(2);
});

test('a crash at start is doomed, with container, exit code and the last log lines', async () => {
  const { outcome, told } = await watch(replaying('crash-loop'));
  expect(outcome).toMatchObject({
    kind: 'doomed',
    verdict: {
      code: 'crash_loop',
      container: 'web',
      evidence: { exit_code: 1, log_lines: ['starting', 'fatal: DATABASE_URL is not set'] },
    },
  });
  expect(told.verdicts.at(-1)).toEqual((outcome as { verdict: VerdictView }).verdict);
  expect(told.pods.at(-1)?.find(({ reason }) => reason?.includes('exit code 1'))).toBeDefined();
});

test('pods that cannot be shown to run the built digest are no proof', async () => {
  const target = { namespace: 'rec', kind: 'Deployment', name: 'web', services: ['web'] } as const;
  const imageDigest = `sha256:${'0'.repeat(64)}`;
  const { outcome } = await watch(replaying('healthy-rolling-update'), {
    target: { ...target, imageDigest },
    deadlineMs: 1_500,
  });
  expect(outcome).toMatchObject({ kind: 'timed_out', verdict: { fault: 'unknown' } });
  expect((outcome as { verdict: VerdictView }).verdict.reason).toContain('does not run the built image');
});

test('a rollout that somebody else overtakes is superseded', async () => {
  const { outcome } = await watch(replaying('superseded', {}, 5));
  expect(outcome).toMatchObject({ kind: 'superseded', verdict: { code: 'newer_release', fault: 'none' } });
});

test('the own deadline ends what the cluster would wait for, and says how far it came', async () => {
  const { outcome } = await watch(replaying('slow-but-healthy-start'), { deadlineMs: 1_500 });
  expect(outcome).toMatchObject({ kind: 'timed_out', verdict: { code: 'progress_deadline_exceeded' } });
});

test('nothing fails while the Deployment is paused', async () => {
  const cancel = new AbortController();
  const verdicts: (VerdictView | null)[] = [];
  const options = { deadlineMs: 200, onVerdict: (verdict: VerdictView | null) => void verdicts.push(verdict) };
  const running = watch(replaying('paused-deployment'), options, cancel.signal);
  await expect.poll(() => verdicts.at(-1)?.code).toBe('deployment_paused');
  const state = await Promise.race([running, sleep(600).then(() => 'waits')]);
  expect(state).toBe('waits');
  cancel.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('a cluster that does not answer is said, and is no reason to fail', async () => {
  const cancel = new AbortController();
  const verdicts: (VerdictView | null)[] = [];
  const lost = replaying('healthy-rolling-update', {
    watch: async (_kinds, _namespace, _onChange, signal, onTrouble) => {
      onTrouble?.(new AppError('unavailable', 'cluster_unreachable', 'connect refused'));
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  });
  const options = { deadlineMs: 100, onVerdict: (verdict: VerdictView | null) => void verdicts.push(verdict) };
  const running = watch(lost, options, cancel.signal);
  await expect.poll(() => verdicts.at(-1)?.code).toBe('cluster_unreachable');
  expect(verdicts.at(-1)?.fault).toBe('unknown');
  expect(await Promise.race([running, sleep(400).then(() => 'waits')])).toBe('waits');
  cancel.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('a watch that the cluster forbids rejects', async () => {
  const forbidden = replaying('healthy-rolling-update', {
    watch: async () => {
      throw new AppError('forbidden', 'cluster_forbidden', 'no');
    },
  });
  await expect(watch(forbidden)).rejects.toMatchObject({ code: 'cluster_forbidden' });
});

test('held: a release that falls over after it was complete is doomed in the window', async () => {
  const { outcome } = await watch(replaying('liveness-kill', {}, 10), {
    holdMs: 5_000,
    deadlineMs: 5_000,
    proof: false,
  });
  expect(outcome).toMatchObject({ kind: 'doomed', verdict: { code: 'liveness_failing' } });
});

test('a process that ends between two watches of a deployment is known to the second', async () => {
  const endsBefore: EndsBefore = new Map();
  expect((await watch(replaying('healthy-rolling-update'), { endsBefore })).outcome.kind).toBe('complete');
  const kill = (object: Manifest): Manifest => {
    const status = object['status'] as { containerStatuses?: { restartCount: number }[] } | undefined;
    const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
    const containerStatuses = status?.containerStatuses?.map((one) => ({ ...one, restartCount: 1, lastState }));
    return object.kind === 'Pod' ? { ...object, status: { ...status, containerStatuses } } : object;
  };
  const later: Partial<Cluster> = {
    watch: async (kinds, _namespace, onChange, signal) => {
      for (const object of lastOf('healthy-rolling-update'))
        if (kinds.some(({ kind }) => kind === object.kind)) onChange({ type: 'ADDED', object: kill(marked(object)) });
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const held = { holdMs: 300, proof: false };
  const { told } = await watch(replaying('healthy-rolling-update', later), { endsBefore, ...held });
  expect(told.verdicts[0]).toMatchObject({ code: 'oom_killed', evidence: { exit_code: 137 } });
  // Whoever sees these pods for the first time holds nothing against them that is over.
  expect((await watch(replaying('healthy-rolling-update', later), held)).told.verdicts).toEqual([]);
});

test('held: one that stays well is complete at the end of the window, not before', async () => {
  const began = Date.now();
  const { outcome } = await watch(replaying('healthy-rolling-update'), { holdMs: 1_500 });
  expect(outcome.kind).toBe('complete');
  expect(Date.now() - began).toBeGreaterThanOrEqual(1_500);
});
