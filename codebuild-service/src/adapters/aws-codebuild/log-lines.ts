/** CodeBuild's log events → lines with their phase and stream. Pure. What is printed has no stream of its own: all is stdout. */
import { BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import type { EngineLogLine } from '../../ports/build-engine.js';

/** The agent's own lines: `[Container] 2026/11/21 07:00:00.123456 Entering phase BUILD`. */
const AGENT = /^\[Container\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? (.*)$/;
const ENTERING = /^(?:Entering phase|Phase is) ([A-Z_]+)$/;

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** `phase`: where the lines before these ended. An event may hold several lines. */
export function toLines(
  events: readonly LogEvent[],
  phase: BuildPhaseName | null,
): { readonly lines: EngineLogLine[]; readonly phase: BuildPhaseName | null } {
  let current = phase;
  const lines = events.flatMap(({ timestamp, message }) =>
    message
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
      .map((text): EngineLogLine => {
        const agent = AGENT.exec(text)?.[1];
        if (agent !== undefined) current = BuildPhaseName.safeParse(ENTERING.exec(agent)?.[1]).data ?? current;
        return {
          ts: new Date(timestamp).toISOString(),
          phase: current,
          stream: agent === undefined ? 'stdout' : 'system',
          text,
        };
      }),
  );
  return { lines, phase: current };
}
