/**
 * The life of one container of a pod: pull, create, start, probe, end, and start again with the back-off of Kubernetes,
 * until the pod ends or its restart policy is satisfied. What it shows of itself is its `view`; every change is
 * published. Events carry the kubelet's reasons and sentences. In one file, because each step depends on how the others ended.
 */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { kubeTime } from '../controllers/conditions.js';
import type { Container, Handler, Pod } from '../resources/types.js';
import { delay } from './abortable-delay.js';
import { BackOff, goDuration } from './back-off.js';
import { ConfigError, containerEnvironment, expandVariables } from './container-environment.js';
import { checkNotRoot, containerSecurity } from './container-security.js';
import { containerLogFile, createLogFile, forgetOlderLogs, logTail } from './container-log.js';
import {
  StartError,
  type ContainerExit,
  type MountSpec,
  type RegistryCredential,
  type RunningContainer,
  type RuntimeName,
} from './container-runtime.js';
import { ImageObtainer, RETRY_MS, RETRY_SOON_MS } from './image-obtainer.js';
import type { ImageService, ObtainedImage } from './image-service.js';
import { newContainerView, type ContainerView } from './pod-status.js';
import { probeOnce, type ProbeResult } from './probe.js';
import { watchProbes, type ProbeKind } from './prober.js';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { ClusterClient } from '../store/cluster-client.js';

/** What the pod lends to its containers. */
export interface PodContext {
  readonly client: ClusterClient;
  readonly images: ImageService;
  readonly dataDir: string;
  pod(): Pod;
  podIp(): string;
  publish(): void;
  event(spec: Container, type: 'Normal' | 'Warning', reason: string, message: string): void;
  services(runtime: RuntimeName): Readonly<Record<string, string>>;
  credential(image: string): RegistryCredential | undefined;
  mounts(spec: Container): readonly MountSpec[];
  /** A container of this pod whose network a new one joins. */
  networkOf(spec: Container): string | undefined;
  /** It runs, started now or adopted: notes how it is reached. */
  runs(container: RunningContainer): void;
  graceMs(): number;
  /** This process ends: what cannot be stopped now is left to the next start. */
  leaving(): boolean;
}

const KILL_AGAIN_MS = 1_000;

export class ContainerSupervisor {
  readonly view: ContainerView;
  running: RunningContainer | undefined;
  /** Resolves when the container has run, or has failed to, for the first time. */
  readonly tried: Promise<void>;
  private hasTried: () => void = () => undefined;
  private readonly crashes = new BackOff();
  private readonly images: ImageObtainer;
  private attempts = 0;

  constructor(
    private readonly context: PodContext,
    readonly spec: Container,
    readonly init: boolean,
    waitingFor: string,
  ) {
    this.view = newContainerView(spec, waitingFor);
    this.images = new ImageObtainer(context, spec, (reason, message) => this.wait(reason, message));
    this.tried = new Promise((resolve) => (this.hasTried = resolve));
    const { status } = context.pod();
    const known = (init ? status?.initContainerStatuses : status?.containerStatuses)?.find(
      ({ name }) => name === spec.name,
    );
    if (known === undefined) return;
    // Known from before a restart of this process: counts go on, a container that ran is started or adopted again.
    this.view.restartCount = known.restartCount;
    this.view.lastState = known.lastState ?? {};
    this.view.imageId = known.imageID;
    this.attempts = known.restartCount;
    if (known.state?.terminated !== undefined) this.view.state = known.state;
  }

  /** Resolves when the container will not run again, or `signal` was aborted and it has ended. */
  async run(signal: AbortSignal, adopted?: RunningContainer): Promise<void> {
    let container = adopted;
    if (adopted !== undefined) this.attempts = adopted.attempt;
    for (;;) {
      container ??= await this.start(signal);
      let succeeded = false;
      if (container !== undefined) succeeded = await this.accompany(container, signal);
      container = undefined;
      if (signal.aborted || !this.restarts(succeeded)) {
        this.hasTried();
        return;
      }
      await this.backOff(signal);
      if (signal.aborted) return;
      this.attempts += 1;
    }
  }

  /**
   * Ends the container as Kubernetes does: preStop within the grace period, TERM, KILL. An engine that fails at it is asked again
   * until the container has ended: what is to be killed must not stay. Never rejects; false: it still runs, and this process ends.
   */
  async stop(graceMs: number, beforeTerm?: () => Promise<void>): Promise<boolean> {
    const container = this.running;
    if (container === undefined) return true;
    const ended = new AbortController();
    void container.exited.then(() => ended.abort());
    const deadline = Date.now() + graceMs;
    const preStop = this.spec.lifecycle?.preStop;
    await Promise.all([
      beforeTerm?.(),
      preStop === undefined ? undefined : this.hook(container, preStop, graceMs),
    ]).catch((error: unknown) =>
      this.context.event(this.spec, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${messageOf(error)}`),
    );
    while (!ended.signal.aborted)
      try {
        // Kubernetes leaves at least two seconds to a container whose hook took all the time.
        await container.stop(graceMs === 0 ? 0 : Math.max(deadline - Date.now(), 2_000));
        return true;
      } catch (error) {
        this.context.event(this.spec, 'Warning', 'FailedKillPod', `error killing pod: ${messageOf(error)}`);
        if (this.context.leaving()) return false;
        await delay(KILL_AGAIN_MS, ended.signal);
      }
    return true;
  }

  private restarts(succeeded: boolean): boolean {
    const policy = this.context.pod().spec?.restartPolicy ?? 'Always';
    if (this.init) return !succeeded && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && !succeeded);
  }

  /** A running container, or undefined when its command could not be started or the pod ended. */
  private async start(signal: AbortSignal): Promise<RunningContainer | undefined> {
    for (let configFailures = 0; !signal.aborted;) {
      const image = await this.images.obtain(signal);
      if (image === undefined) return undefined;
      try {
        return await this.create(image, signal);
      } catch (error) {
        if (error instanceof StartError && error.stage === 'run') {
          this.cannotStart(error.message);
          return undefined;
        }
        const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
        this.context.event(this.spec, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
        this.wait(reason, messageOf(error));
        configFailures += 1;
        await delay(configFailures === 1 ? RETRY_SOON_MS : RETRY_MS, signal);
      }
    }
    return undefined;
  }

  private async create({ runtime, image }: ObtainedImage, signal: AbortSignal): Promise<RunningContainer | undefined> {
    const { context, spec } = this;
    const pod = context.pod();
    const uid = pod.metadata.uid ?? '';
    const env = containerEnvironment(context.client, pod, spec, context.podIp(), context.services(runtime.name));
    checkNotRoot(pod, spec, image.user);
    const mounts = context.mounts(spec);
    this.view.imageId = image.imageId;
    context.event(spec, 'Normal', 'Created', 'Container created');
    const logFile = containerLogFile(context.dataDir, uid, spec.name, this.attempts);
    await createLogFile(logFile);
    await forgetOlderLogs(logFile, this.attempts);
    const declared = (spec.ports ?? [])
      .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      .map((port) => port.containerPort);
    const container = await runtime.start({
      podUid: uid,
      podName: pod.metadata.name,
      namespace: pod.metadata.namespace ?? '',
      name: spec.name,
      attempt: this.attempts,
      image: spec.image ?? '',
      imageId: image.imageId,
      command: spec.command?.map((word) => expandVariables(word, env)),
      args: spec.args?.map((word) => expandVariables(word, env)),
      workingDir: spec.workingDir,
      env,
      ports: declared.length > 0 ? declared : image.exposedPorts,
      mounts,
      memoryLimitBytes: quantityOf(spec.resources?.limits?.['memory']),
      cpuLimitCores: quantityOf(spec.resources?.limits?.['cpu']),
      security: containerSecurity(pod, spec),
      logFile,
      hostname: pod.spec?.hostname ?? pod.metadata.name,
      podAnnotations: pod.metadata.annotations ?? {},
      networkOf: context.networkOf(spec),
    });
    if (signal.aborted) {
      await container.stop(0);
      await container.remove();
      return undefined;
    }
    context.event(spec, 'Normal', 'Started', 'Container started');
    return container;
  }

  private wait(reason: string, message: string): void {
    this.hasTried();
    this.view.state = { waiting: { reason, message } };
    this.view.started = false;
    this.view.ready = false;
    this.context.publish();
  }

  /** The command could not be started: it counts as a container that ended with 128. */
  private cannotStart(message: string): void {
    const { context, spec, view } = this;
    context.event(spec, 'Warning', 'Failed', `Error: ${message}`);
    view.restartCount = this.attempts;
    view.lastState = {
      terminated: {
        exitCode: 128,
        reason: 'StartError',
        message,
        startedAt: kubeTime(new Date(0)),
        finishedAt: kubeTime(),
        containerID: '',
      },
    };
    this.wait('RunContainerError', message);
  }

  /** From start to end of one container; answers whether it ended well. */
  private async accompany(container: RunningContainer, podEnds: AbortSignal): Promise<boolean> {
    const { context, spec, view } = this;
    this.running = container;
    // Also of an adopted one: the process that started it may have been killed before it could note anything.
    context.runs(container);
    this.hasTried();
    if (view.state.terminated !== undefined) view.lastState = { terminated: view.state.terminated };
    view.restartCount = this.attempts;
    view.containerId = container.containerId;
    view.imageId = container.imageId ?? view.imageId;
    view.state = { running: { startedAt: kubeTime(container.startedAt) } };
    view.started = spec.startupProbe === undefined;
    view.ready = false;
    context.publish();

    const ends = new AbortController();
    const stopProbing = (): void => ends.abort();
    podEnds.addEventListener('abort', stopProbing, { once: true });
    if (podEnds.aborted) stopProbing();
    let hookFailure: string | undefined;
    const probing = this.afterStart(container, ends.signal).then((failure) => (hookFailure = failure));
    const exit = await container.exited;
    podEnds.removeEventListener('abort', stopProbing);
    stopProbing();
    await probing;
    this.running = undefined;
    await this.ended(container, exit, hookFailure);
    return exit.exitCode === 0;
  }

  private async ended(
    container: RunningContainer,
    exit: ContainerExit,
    hookFailure: string | undefined,
  ): Promise<void> {
    const { context, spec, view } = this;
    let message = exit.message;
    if (message === undefined && exit.exitCode !== 0 && spec.terminationMessagePolicy === 'FallbackToLogsOnError')
      message = await logTail(
        containerLogFile(context.dataDir, context.pod().metadata.uid ?? '', spec.name, container.attempt),
      );
    view.ready = false;
    view.started = false;
    view.state = {
      terminated: {
        exitCode: exit.exitCode,
        reason: exit.reason,
        ...(message === undefined || message === '' ? {} : { message }),
        startedAt: kubeTime(container.startedAt),
        finishedAt: kubeTime(exit.finishedAt),
        containerID: container.containerId,
      },
    };
    // Its remains do not keep the pod from going on; the next start of this program looks for them.
    await container
      .remove()
      .catch((error: unknown) =>
        context.event(spec, 'Warning', 'FailedRemove', `Error removing the ended container: ${messageOf(error)}`),
      );
    if (hookFailure !== undefined) {
      view.lastState = view.state;
      this.wait('PostStartHookError', hookFailure);
    } else context.publish();
  }

  /** The postStart hook, then the probes; answers the failure of the hook. */
  private async afterStart(container: RunningContainer, signal: AbortSignal): Promise<string | undefined> {
    const { context, spec } = this;
    const postStart = spec.lifecycle?.postStart;
    if (postStart !== undefined && container.attempt === this.attempts) {
      try {
        await this.hook(container, postStart, 600_000);
      } catch (error) {
        if (signal.aborted) return undefined;
        context.event(spec, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
        context.event(spec, 'Normal', 'Killing', 'FailedPostStartHook');
        await this.stop(context.graceMs());
        const { metadata } = context.pod();
        const command = postStart.exec?.command?.join(' ') ?? '';
        return `Exec lifecycle hook ([${command}]) for Container "${spec.name}" in Pod "${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})" failed - error: ${messageOf(error)}`;
      }
    }
    if (this.init) {
      this.view.started = true;
      context.publish();
      return undefined;
    }
    await watchProbes({ spec, container, podIp: context.podIp() }, this.probeHooks(container, signal), signal);
    return undefined;
  }

  private probeHooks(container: RunningContainer, signal: AbortSignal) {
    const { context, spec, view } = this;
    return {
      onStarted: () => {
        if (view.started) return;
        view.started = true;
        context.publish();
      },
      onReady: (ready: boolean) => {
        view.ready = ready;
        context.publish();
      },
      onFailed: (kind: ProbeKind, probe: { terminationGracePeriodSeconds?: number }) => {
        context.event(
          spec,
          'Normal',
          'Killing',
          `Container ${spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
        );
        const seconds = probe.terminationGracePeriodSeconds;
        void this.stop(seconds === undefined ? context.graceMs() : seconds * 1000);
      },
      onUnhealthy: (message: string, kind: ProbeKind, result: ProbeResult) => {
        context.event(spec, 'Warning', 'Unhealthy', message);
        if (result.refused === true && kind !== 'Liveness') void this.lookForWrongPort(container, signal);
      },
    };
  }

  /** Refused on its own port, but its processes listen on another: the program does not heed PORT. */
  private async lookForWrongPort(container: RunningContainer, signal: AbortSignal): Promise<void> {
    const [declared] = Object.keys(container.ports);
    const expected = Object.values(container.ports);
    if (declared === undefined || container.port === undefined) return;
    const listening = await container.listeningPorts();
    if (listening === undefined || listening.length === 0 || signal.aborted) return;
    if (listening.some((port) => expected.includes(port))) return;
    this.context.event(
      this.spec,
      'Warning',
      'WrongPort',
      `container ${this.spec.name} listens on ${listening.join(', ')}, not on its port ${declared} (PORT=${String(container.port)})`,
    );
  }

  private async hook(container: RunningContainer, handler: Handler, timeoutMs: number): Promise<void> {
    if (handler.sleep !== undefined) {
      const ended = new AbortController();
      void container.exited.then(() => ended.abort());
      await delay(Math.min(handler.sleep.seconds * 1000, timeoutMs), ended.signal);
      return;
    }
    if (handler.exec !== undefined) {
      const { exitCode, output } = await container.exec(handler.exec.command ?? [], timeoutMs);
      if (exitCode === 0) return;
      const command = handler.exec.command?.join(' ') ?? '';
      throw new Error(
        `command '${command}' exited with ${String(exitCode)}: ${output}, message: ${JSON.stringify(output)}`,
      );
    }
    const result = await probeOnce({ spec: this.spec, container, podIp: this.context.podIp() }, handler, timeoutMs);
    if (!result.ok) throw new Error(result.message);
  }

  /** Waits as long as Kubernetes does before a container that ended is started again; the first time not at all. */
  private async backOff(signal: AbortSignal): Promise<void> {
    const { context, spec, view } = this;
    const { metadata } = context.pod();
    const id = `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`;
    const endedAt = Date.now();
    if (this.crashes.left(endedAt, endedAt) > 0) {
      const say = (): void =>
        context.event(spec, 'Warning', 'BackOff', `Back-off restarting failed container ${spec.name} in pod ${id}`);
      say();
      await delay(1_000, signal);
      if (signal.aborted) return;
      say();
      // What it ended with moves to lastState while it waits.
      if (view.state.terminated !== undefined) view.lastState = { terminated: view.state.terminated };
      this.wait(
        'CrashLoopBackOff',
        `back-off ${goDuration(this.crashes.seconds)} restarting failed container=${spec.name} pod=${id}`,
      );
      await delay(this.crashes.left(endedAt, Date.now()), signal);
    }
    this.crashes.next(Date.now());
  }
}
