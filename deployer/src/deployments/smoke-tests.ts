/** Asks the deployed application what its tests say, and keeps each question and answer as evidence. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SmokeTest, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AttendedTime } from './attended-time.js';
import { NoAnswer, type ApplicationAnswer, type ApplicationClient } from './application-http.js';

export interface SmokeTestResult {
  readonly test: SmokeTest;
  readonly passed: boolean;
  /** What was asked and answered, in a sentence. */
  readonly sentence: string;
  readonly address: string;
  /** Null when nobody answered. */
  readonly status: number | null;
  /** The beginning of the answer. */
  readonly body: string;
  readonly durationMs: number;
  readonly tries: number;
}
export interface SmokeTestOptions {
  readonly client: ApplicationClient;
  readonly tests: readonly SmokeTest[];
  /** `health.path` of the workload: what is asked when there are no tests. */
  readonly healthPath: string | undefined;
  /** Milliseconds of listening for all tests; a refused connection is tried again until then, any other failure counts at once. */
  readonly timeoutMs: number;
  readonly onResult: (result: SmokeTestResult) => void;
}

const REQUEST_MS = 10_000;
const AGAIN_MS = 250;
const KEPT_BODY = 2_000;

/** Without tests the application must answer below 500; a test without a status of its own asks for less than 400. */
const failureOf = (test: SmokeTest, answer: ApplicationAnswer, byDefault: boolean): string | undefined => {
  const { status, body } = answer;
  if (test.expect_status !== undefined && status !== test.expect_status)
    return `answered ${String(status)} instead of ${String(test.expect_status)}`;
  if (test.expect_status === undefined && status >= (byDefault ? 500 : 400)) return `answered ${String(status)}`;
  if (test.expect_body !== undefined && !body.includes(test.expect_body))
    return `answered ${String(status)}, but without “${test.expect_body.slice(0, 200)}”`;
  return undefined;
};

/** Runs them in order and stops at the first that fails. Throws the signal's reason when it aborts. */
export const runSmokeTests = async (
  { client, tests, healthPath, timeoutMs, onResult }: SmokeTestOptions,
  signal: AbortSignal,
): Promise<readonly SmokeTestResult[]> => {
  const listened = new AttendedTime();
  const byDefault = tests.length === 0;
  const results: SmokeTestResult[] = [];
  try {
    for (const test of byDefault ? [{ path: healthPath ?? '/' }] : tests) {
      const result = await runOne(test);
      results.push(result);
      onResult(result);
      if (!result.passed) break;
    }
  } finally {
    listened.stop();
  }
  return results;

  async function runOne(test: SmokeTest): Promise<SmokeTestResult> {
    const began = Date.now();
    const address = client.addressOf(test.path);
    for (let tries = 1; ; tries += 1) {
      const left = timeoutMs - listened.ms;
      try {
        const answer = await client.get(test.path, Math.min(REQUEST_MS, Math.max(left, 1)), signal);
        const failure = failureOf(test, answer, byDefault);
        return {
          test,
          passed: failure === undefined,
          sentence: `GET ${test.path} ${failure ?? `answered ${String(answer.status)}`}.`,
          address,
          status: answer.status,
          body: answer.body.slice(0, KEPT_BODY),
          durationMs: Date.now() - began,
          tries,
        };
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        if (error.why !== 'refused' || left <= AGAIN_MS) {
          const sentence = `GET ${test.path} failed: ${error.message}`;
          return {
            test,
            passed: false,
            sentence,
            address,
            status: null,
            body: '',
            durationMs: Date.now() - began,
            tries,
          };
        }
        await sleep(AGAIN_MS, undefined, { signal });
      }
    }
  }
};

/** The verdict that goes with the test that failed; undefined when all passed. */
export const smokeTestVerdict = (results: readonly SmokeTestResult[]): VerdictView | undefined => {
  const failed = results.find(({ passed }) => !passed);
  if (failed === undefined) return undefined;
  const { address, status, body, sentence, tries } = failed;
  return {
    code: 'smoke_test_failed',
    fault: 'release',
    object: null,
    container: null,
    reason: `The smoke test failed: ${sentence}`,
    evidence: {
      exit_code: null,
      log_lines: body
        .split('\n')
        .slice(0, 20)
        .filter((line) => line.trim() !== ''),
      events: [`GET ${address}: ${status === null ? `no answer after ${String(tries)} tries` : String(status)}`],
    },
    suggestion:
      status === null
        ? 'Check that the application listens on its port on all addresses (0.0.0.0).'
        : 'Open the address and see what it answers; the application’s log says why.',
  };
};
