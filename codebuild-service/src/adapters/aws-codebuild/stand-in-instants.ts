/**
 * Instants of builds as stand-ins for AWS write them. CodeBuild answers seconds since 1970; moto up to 5.2.3 answers ISO texts,
 * on which the SDK gives up, so that no build could be tried there. Answers of AWS itself are never touched.
 */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BatchGetBuildsCommand } from '@aws-sdk/client-codebuild';

const AWS_HOST = /(^|\.)amazonaws\.com(\.cn)?$/;
const INSTANT = /("(?:startTime|endTime)"\s*:\s*)"(\d{4}-\d\d-\d\dT[^"]*)"/g;

/** Lets this command take them. */
export function readStandIns(command: { readonly middlewareStack: unknown }): void {
  // One command's type for all: nothing here depends on what is asked.
  const stack = command.middlewareStack as BatchGetBuildsCommand['middlewareStack'];
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { hostname } = args.request as { readonly hostname: string };
      if (AWS_HOST.test(hostname)) return result;
      const response = result.response as { body: Readable | Buffer };
      response.body = Buffer.from(inSeconds((await buffer(response.body as Readable)).toString()));
      return result;
    },
    { step: 'deserialize', name: 'readStandIns', priority: 'low' }, // beneath the SDK's own reading
  );
}

/** Texts that name no time zone are UTC. */
const inSeconds = (text: string): string =>
  text.replace(INSTANT, (_whole, name: string, instant: string) => {
    const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(instant) ? instant : `${instant}Z`;
    return `${name}${Date.parse(zoned) / 1000}`;
  });
