/**
 * The small `docker` of builds on machines without a Docker Engine: hands its words over to the runner, prints what comes
 * back, and ends as it is told.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the client sends: one line of JSON. */
export interface ClientRequest {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}
/** What it gets: lines of JSON, the last one with `exit`. */
export type ClientAnswer = { readonly out: string } | { readonly err: string } | { readonly exit: number };

const clientScript = (socket: string): string => `'use strict';
const { connect } = require('node:net');
const { createInterface } = require('node:readline');
const args = process.argv.slice(2);
const read = async () => {
  if (!args.includes('--password-stdin')) return '';
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) text += part;
  return text;
};
read().then((stdin) => {
  const socket = connect(${JSON.stringify(socket)});
  let code = 125;
  socket.on('error', (error) => console.error('docker: the runner does not answer: ' + error.message));
  socket.on('close', () => { process.exitCode = code; });
  socket.write(JSON.stringify({ args, cwd: process.cwd(), env: process.env, stdin }) + '\\n');
  createInterface({ input: socket }).on('line', (line) => {
    const answer = JSON.parse(line);
    if ('out' in answer) process.stdout.write(answer.out + '\\n');
    else if ('err' in answer) process.stderr.write(answer.err + '\\n');
    else code = answer.exit;
  });
});
`;

/** Writes the program into a folder that is to be the first of PATH. */
export async function writeDockerClient(folder: string, socket: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script = join(folder, 'docker-client.cjs');
  await writeFile(script, clientScript(socket));
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  await writeFile(join(folder, 'docker'), `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(script)} "$@"\n`);
  await chmod(join(folder, 'docker'), 0o755);
}
