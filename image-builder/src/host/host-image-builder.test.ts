/** Dockerfiles carried out on this machine. In one file: every case is one build with the same registry and folders. */
import { spawn, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { startMemoryRegistry } from '@aws-deployer/platform/testing/memory-registry';
import { HostImageBuilder } from './host-image-builder.js';
import { namespacesWork } from './namespace-root.js';

const isolation = await namespacesWork();
const MODES = isolation.works ? (['auto', 'none'] as const) : (['none'] as const);
const hasFlask = existsSync('/usr/lib/python3/dist-packages/flask');

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'engines-host-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}
interface Wanted {
  readonly isolation?: 'auto' | 'none';
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onLine?: (text: string) => void;
}
async function build(contextDir: string, wanted: Wanted = {}) {
  const registry = await startMemoryRegistry();
  onTestFinished(() => registry.stop());
  const scratchDir = await temporary();
  const builder = new HostImageBuilder({ scratchDir, env: process.env, isolation: wanted.isolation ?? 'auto' });
  const lines: string[] = [];
  const work = builder.build(
    {
      key: 'deployment-1',
      application: 'shop',
      contextDir,
      dockerfile: join(contextDir, 'Dockerfile'),
      buildArgs: wanted.buildArgs ?? {},
      labels: { 'aws-deployer.io/deployment': 'd1' },
      repository: `${registry.host}/team/app`,
      tag: 't1',
      registry: { host: registry.host, insecure: true },
      onLine: (_stream, text) => {
        lines.push(text);
        wanted.onLine?.(text);
      },
    },
    wanted.signal ?? AbortSignal.timeout(60_000),
  );
  const built = await work.finally(async () => expect(await readdir(scratchDir)).toEqual([]));
  const client = new RegistryClient({ host: registry.host, insecure: true });
  const image = await readImage(client, 'team/app', built.digest, AbortSignal.timeout(10_000));
  const root = await temporary();
  /** Unpacks the image as a cluster does. */
  const unpack = async (): Promise<string> => {
    for (const layer of image.manifest.layers) {
      const tar = spawn('tar', ['-x', '-C', root], { stdio: ['pipe', 'inherit', 'inherit'] });
      await pipeline(
        await client.getBlob('team/app', layer.digest, AbortSignal.timeout(10_000)),
        createGunzip(),
        tar.stdin,
      );
      await once(tar, 'close');
    }
    return root;
  };
  return { ...built, image, lines, config: image.config.config ?? {}, unpack };
}
const failure = async (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as AppError,
  );
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
/** Runs the image as host processes do: absolute paths of the image rewritten, PORT a free one. */
async function serve(built: Awaited<ReturnType<typeof build>>): Promise<(path: string) => Promise<[number, string]>> {
  const root = await built.unpack();
  const { config } = built;
  const argv = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].map((word) =>
    word.startsWith('/') && existsSync(join(root, word)) ? join(root, word) : word,
  );
  const port = await freePort();
  const env = Object.fromEntries(
    (config.Env ?? []).map((pair) => [pair.split('=', 1)[0] ?? '', pair.replace(/^[^=]*=/, '')]),
  );
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd: join(root, config.WorkingDir ?? '/'),
    env: { ...env, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'close');
  });
  return async (path) => {
    const answer = await vi.waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}: ${said}`);
        return fetch(`http://127.0.0.1:${String(port)}${path}`);
      },
      { timeout: 10_000, interval: 50 },
    );
    return [answer.status, await answer.text()];
  };
}

test('the sample application is built, pushed, pulled by digest and answers', async () => {
  const built = await build(join(import.meta.dirname, '../../../examples/hello-node'));
  expect(built).toMatchObject({ exposedPort: 8080, runtime: 'host', baseSubstituted: undefined });
  expect(built.image).toMatchObject({ digest: built.digest, runtime: 'host' });
  expect(built.config).toMatchObject({ WorkingDir: '/app', Cmd: ['node', 'server.js'] });
  expect(built.config.Labels).toEqual({ 'aws-deployer.io/deployment': 'd1' });
  expect(built.lines.join('\n')).toMatch(/Step 1\/7 : FROM node:24-slim[\s\S]*Node 24[\s\S]*USER is skipped/);
  const get = await serve(built);
  expect(await get('/')).toEqual([200, expect.stringContaining('Hello from AWS Deployer')]);
  expect(await get('/health')).toEqual([200, expect.stringContaining('"ok"')]);
});

test('the same files give the same digest, other files another', async () => {
  const files = { Dockerfile: 'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN echo x > made\nCMD node a.js', 'a.js': '1' };
  const [first, again] = [
    await build(await write(await temporary(), files)),
    await build(await write(await temporary(), files)),
  ];
  const other = await build(await write(await temporary(), { ...files, 'a.js': '2' }));
  expect(again.digest).toBe(first.digest);
  expect(other.digest).not.toBe(first.digest);
});

test.each(MODES)('stages, arguments, here-documents, patterns and RUN lines work (isolation %s)', async (mode) => {
  const folder = await write(await temporary(), {
    Dockerfile: `ARG NODE=24
ARG UNUSED
FROM node:\${NODE}-slim AS build
ARG COLOUR=red
ENV TARGET=/out NAME="two words"
WORKDIR /src
COPY pack*.json ./
COPY lib ./lib/
RUN <<EOF
set -e
mkdir -p /out
echo "$COLOUR $NAME" > /out/said
EOF
RUN echo one && \\
    # in between
    echo "two" >> /out/said; node -e "console.log(process.version)" >> /out/said
RUN ["sh", "-c", "echo json >> $TARGET/said"]

FROM build AS unneeded
RUN exit 1

FROM alpine
WORKDIR /app
COPY --from=build /out ./out
COPY --from=0 /src/lib/*.txt ./
COPY --chmod=755 <<-EOF run.sh
	#!/bin/sh
	echo $HOME
EOF
EXPOSE 9000/udp 3000 4000-4001
ENTRYPOINT ["/app/run.sh"]
CMD ["x"]
`,
    'package.json': '{}',
    'lib/a.txt': 'A',
    'lib/deep/b.txt': 'B',
  });
  const built = await build(folder, { isolation: mode, buildArgs: { COLOUR: 'blue' } });
  const root = await built.unpack();
  expect(await readFile(join(root, 'app/out/said'), 'utf8')).toBe(`blue two words\ntwo\n${process.version}\njson\n`);
  expect(await readFile(join(root, 'app/a.txt'), 'utf8')).toBe('A');
  expect((await stat(join(root, 'app/run.sh'))).mode & 0o777).toBe(0o755);
  expect(built.exposedPort).toBe(3000);
  expect(built.config).toMatchObject({ Entrypoint: ['/app/run.sh'], Cmd: ['x'] });
  expect(await readdir(root)).toEqual(['app']);
});

test.each(MODES)(
  'a RUN line that fails names itself, its exit code and its last words (isolation %s)',
  async (mode) => {
    const folder = await write(await temporary(), {
      Dockerfile: 'FROM node:24\nWORKDIR /app\nRUN echo before; echo "it broke" >&2; exit 3\n',
    });
    const lines: string[] = [];
    const failed = await failure(build(folder, { isolation: mode, onLine: (line) => lines.push(line) }));
    expect(failed).toMatchObject({
      kind: 'invalid',
      code: 'build_failed',
      fields: [{ field: 'source.dockerfile' }],
    });
    expect(failed.message).toMatch(/line 3: RUN echo before[\s\S]*exit code 3\n/);
    expect(failed.message).toContain('it broke');
    expect(lines).toContain('it broke');
  },
);

test.each(MODES)('what would change this machine is refused with its line (isolation %s)', async (mode) => {
  const marker = `/usr/local/engines-marker-${String(process.pid)}`;
  for (const [line, words] of [
    ['RUN apt-get update && apt-get install -y curl', /line 2.*apt-get would change/],
    ['RUN set -e; apk add --no-cache git', /apk would change/],
    ["RUN printf '#!/bin/sh\\nyum -y install x\\n' > s.sh && sh s.sh", /package manager/],
    ['RUN touch /etc/engines-marker', /line 2.*outside of the image/s],
    ['RUN touch /usr/bin/engines-marker', /outside of the image/],
  ] as const) {
    const folder = await write(await temporary(), { Dockerfile: `FROM node:24\n${line}\n` });
    const failed = await failure(build(folder, { isolation: mode }));
    expect(failed.code).toBe('build_failed');
    expect(failed.message).toMatch(words);
  }
  expect(existsSync('/etc/engines-marker')).toBe(false);
  if (mode === 'auto') {
    const folder = await write(await temporary(), {
      Dockerfile: `FROM node:24\nRUN touch ${marker} && rm -rf /usr/share/doc\n`,
    });
    const built = await build(folder);
    expect(existsSync(join(await built.unpack(), marker))).toBe(true);
    expect(existsSync('/usr/share/doc')).toBe(true);
  }
  expect(existsSync(marker)).toBe(false);
});

test.each(MODES)('owners and users are skipped with a warning (isolation %s)', async (mode) => {
  const folder = await write(await temporary(), {
    Dockerfile:
      'FROM node:24\nRUN useradd -m app && mkdir /data && chown -R app:app /data && echo x > /data/f\nCOPY --chown=app:app . /app\nUSER app\nHEALTHCHECK CMD x\nCMD ["node"]\n',
  });
  const built = await build(folder, { isolation: mode });
  expect(built.lines.join('\n')).toMatch(
    /chown is skipped[\s\S]*useradd is skipped[\s\S]*--chown is skipped[\s\S]*USER is skipped/,
  );
  expect(existsSync(join(await built.unpack(), 'data/f'))).toBe(true);
});

test('.dockerignore hides files from COPY, exceptions bring them back', async () => {
  const folder = await write(await temporary(), {
    Dockerfile: 'FROM node:24\nCOPY . /app/\n',
    '.dockerignore': 'node_modules\n**/*.env\n!keep.env\nDockerfile\n.dockerignore\n',
    'a.js': '',
    'keep.env': '',
    'deep/secret.env': '',
    'node_modules/x/index.js': '',
  });
  const root = await (await build(folder)).unpack();
  const files = await readdir(join(root, 'app'), { recursive: true });
  expect(files.filter((name) => name.includes('.')).sort()).toEqual(['a.js', 'keep.env']);
  await writeFile(join(folder, 'Dockerfile'), 'FROM node:24\nCOPY deep/secret.env /app/\n');
  expect((await failure(build(folder))).message).toContain('line 2: deep/secret.env is not in the build context');
});

test('nothing outside of the context can be copied, nothing outside of the root written', async () => {
  const outside = await write(await temporary(), { secret: 'the secret' });
  for (const [dockerfile, link] of [
    ['FROM node:24\nCOPY ../secret /app/\n', undefined],
    ['FROM node:24\nCOPY /../../secret /app/\n', undefined],
    ['FROM node:24\nCOPY link /app/\n', join(outside, 'secret')],
    ['FROM node:24\nCOPY . /app/\n', outside],
    ['FROM node:24\nCOPY link/secret /app/\n', outside],
    ['FROM node:24\nCOPY *ink /app/\n', '/nowhere'],
  ] as const) {
    const folder = await write(await temporary(), { Dockerfile: dockerfile });
    if (link !== undefined) await symlink(link, join(folder, 'link'));
    const failed = await failure(build(folder));
    expect([dockerfile, failed.code]).toEqual([dockerfile, 'context_escape']);
    expect(failed.message).toMatch(/outside of the build context/);
  }
  const folder = await write(await temporary(), {
    Dockerfile: `FROM node:24\nWORKDIR /app\nRUN ln -s ${outside} way\nCOPY f way/planted\nCOPY f ../../../..${outside}/planted\n`,
    f: 'x',
  });
  const built = await build(folder);
  expect(await readdir(outside)).toEqual(['secret']);
  expect(existsSync(join(await built.unpack(), outside, 'planted'))).toBe(true);
});

test.each([
  ['FROM mysql:8', 'base_refused', 'mysql:8'],
  ['FROM acme/node:24', 'base_refused', 'acme/node:24'],
  ['FROM node:24\nCOPY --from=nginx:1 /x /y', 'base_refused', '--from=nginx:1'],
  ['FROM node:24\nBOGUS x', 'dockerfile_invalid', 'line 2'],
  ['RUN x', 'dockerfile_invalid', 'line 1'],
  ['# nothing', 'dockerfile_invalid', 'no FROM'],
  ['FROM node:24\nEXPOSE web', 'dockerfile_invalid', 'line 2'],
  ['FROM node:24\nCOPY none /app/', 'build_failed', 'none is not in the build context'],
  ['FROM node:24\nADD https://example.com/x /x', 'build_failed', 'ADD of https://example.com/x'],
])('%j is refused as %s', async (dockerfile, code, words) => {
  const failed = await failure(build(await write(await temporary(), { Dockerfile: dockerfile })));
  expect(failed).toMatchObject({ kind: 'invalid', code });
  expect(failed.message).toContain(words);
});

test('a missing Dockerfile and a registry that is gone are named', async () => {
  expect(await failure(build(await temporary()))).toMatchObject({ code: 'dockerfile_missing' });
  const folder = await write(await temporary(), { Dockerfile: 'FROM scratch\nCOPY . /\n' });
  const builder = new HostImageBuilder({ scratchDir: await temporary(), env: process.env });
  const failed = await failure(
    builder.build(
      {
        key: 'k',
        application: 'shop',
        contextDir: folder,
        dockerfile: join(folder, 'Dockerfile'),
        buildArgs: {},
        labels: {},
        repository: '127.0.0.1:1/app',
        tag: 't',
        registry: { host: '127.0.0.1:1', insecure: true },
        onLine: () => undefined,
      },
      AbortSignal.timeout(20_000),
    ),
  );
  expect(failed).toMatchObject({ kind: 'unavailable', code: 'push_failed' });
});

test.each(MODES)('aborting ends the line and all that it started (isolation %s)', async (mode) => {
  const seconds = mode === 'auto' ? '7654321' : '7654322';
  const folder = await write(await temporary(), {
    Dockerfile: `FROM node:24\nRUN echo started; sh -c 'sleep ${seconds} & sleep ${seconds}'\n`,
  });
  const abort = new AbortController();
  const onLine = (line: string) => {
    if (line === 'started') abort.abort();
  };
  const ended = await failure(build(folder, { isolation: mode, signal: abort.signal, onLine }));
  expect(ended.name).toBe('AbortError');
  await vi.waitFor(
    () => expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(`sleep ${seconds}`),
    10_000,
  );
});

test('a page is served on PORT by the image of a static base', async () => {
  const code = '<!doctype html><html>the page</html>';
  const folder = await write(await temporary(), {
    'index.html': code,
    'default.conf.template': `server {
  listen \${PORT};
  root /usr/share/nginx/html;
  location = /health { default_type text/plain; return 200 "ok\\n"; }
  location / { try_files $uri $uri/ /index.html; }
}
`,
    Dockerfile: `FROM nginxinc/nginx-unprivileged:1.28-alpine
ENV PORT=8080
COPY default.conf.template /etc/nginx/templates/default.conf.template
COPY index.html /usr/share/nginx/html/
EXPOSE 8080
USER 101
`,
  });
  const built = await build(folder);
  expect(built.exposedPort).toBe(8080);
  const get = await serve(built);
  expect(await get('/')).toEqual([200, code]);
  expect(await get('/health')).toEqual([200, 'ok\n']);
  expect(await get('/any/route')).toEqual([200, code]);
  expect((await get('/..%2f..%2f..%2f..%2fopt/static-server/server.mjs'))[1]).toBe(code);
});

test.each(MODES)('a Flask application installs and answers (isolation %s)', async (mode) => {
  if (!hasFlask && process.env['CI'] !== 'true') return;
  const folder = await write(await temporary(), {
    'app.py':
      'from flask import Flask\napp = Flask(__name__)\n\n@app.get("/")\ndef hello():\n    return "from flask"\n',
    'serve.py': `import os
from app import app
from werkzeug.serving import run_simple

run_simple("0.0.0.0", int(os.environ["PORT"]), app, threaded=True)
`,
    'requirements.txt': 'flask\n',
    Dockerfile: `FROM python:3.12-slim
COPY --chown=1000:1000 requirements.txt /app/
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=1000:1000 *.py ./
EXPOSE 8080
USER 1000
CMD ["python", "serve.py"]
`,
  });
  const built = await build(folder, { isolation: mode });
  expect(built.lines.join('\n')).toMatch(/Requirement already satisfied: flask/i);
  expect(built.config).toMatchObject({ Cmd: ['/opt/venv/bin/python', 'serve.py'], User: '1000' });
  const get = await serve(built);
  expect(await get('/')).toEqual([200, 'from flask']);
});

test.each(MODES)(
  'pip is asked for nothing that is here, and a version that is not here fails (isolation %s)',
  async (mode) => {
    if (!hasFlask && process.env['CI'] !== 'true') return;
    const folder = await write(await temporary(), {
      Dockerfile:
        'FROM python:3\nCOPY r.txt ./\nRUN pip install "flask>=1,!=0.5" && python -m pip install -q -r r.txt\nRUN pip install --no-index flask==0.0.1\n',
      'r.txt': '# what is needed\nflask # here\n',
    });
    const lines: string[] = [];
    const failed = await failure(build(folder, { isolation: mode, onLine: (line) => lines.push(line) }));
    expect(lines.filter((line) => line.startsWith('Requirement already satisfied: flask'))).toHaveLength(2);
    expect(failed.message).toMatch(/line 4: RUN pip install --no-index flask==0.0.1/);
  },
);

test.skipIf(!isolation.works)(
  'what lies in /opt, /home and /root of this machine is not seen by a RUN line',
  async () => {
    const folder = await write(await temporary(), {
      Dockerfile: 'FROM node:24\nRUN echo "$(ls -A /opt /home /root)"\n',
    });
    const { lines } = await build(folder);
    const listed = lines.slice(lines.findIndex((line) => line.includes('RUN echo')) + 1);
    expect(listed.filter((line) => !/^(?:$|\/(?:opt|home|root):$|image of|pushed)/.test(line))).toEqual([]);
  },
);

test('the shell form finds programs and files of the image wherever it is unpacked', async () => {
  const folder = await write(await temporary(), {
    Dockerfile: 'FROM python:3.11\nWORKDIR /srv/app\nCOPY . /code/\nCMD exec python /code/app.py --at=/code\n',
    'app.py': `import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    self.send_response(200)
    self.end_headers()
    self.wfile.write(sys.prefix.encode())
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`,
  });
  const get = await serve(await build(folder));
  expect(await get('/')).toEqual([200, expect.stringMatching(/engines-host-\w+\/opt\/venv$/)]);
});
