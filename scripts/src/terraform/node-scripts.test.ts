/**
 * The shell scripts of the infrastructure: what they are written in, how the node's set-up goes on after a failure, and what its
 * steps leave behind. All in one file, for they are run with stand-ins for the same few programs of the node.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findProgram } from './terraform-machine.js';
import { SOURCES } from './terraform-tree.js';

const NODE = join(SOURCES, 'modules/cluster-kubeadm/node');
const NO_STEPS = ['ecr-login.sh', 'settings.sh', 'set-up.sh'];
const shellcheck = findProgram('shellcheck');
const missing = shellcheck === undefined && process.env['CI'] !== 'true';
if (missing) console.log('shellcheck: not used, it is not on the PATH');

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  new Promise<{ code: number; output: string }>((resolve, reject) => {
    execFile(program, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(error.message, { cause: error }));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });

test.skipIf(missing)(
  'no script has a finding of shellcheck',
  async () => {
    const names = (await readdir(NODE)).filter((name) => name.endsWith('.sh')).map((name) => join(NODE, name));
    const applying = ['platform/apply-overlay.sh', 'platform/kubeconfig.sh', 'cluster-addons/apply-manifest.sh'];
    const scripts = [...names, ...applying.map((name) => join(SOURCES, 'modules', name))];
    expect(names.length).toBeGreaterThan(10);
    expect(await run(shellcheck ?? 'shellcheck', ['-x', '-P', NODE, ...scripts])).toEqual({ code: 0, output: '' });
  },
  120_000,
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-node-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The set-up with steps of our own: each writes its name down, and `kubernetes` fails as long as `broken` is there. */
async function prepareSetUp(): Promise<() => Promise<{ code: number; output: string }>> {
  const scripts = join(folder, 'scripts');
  const programs = join(folder, 'programs');
  await mkdir(scripts);
  await mkdir(programs);
  const steps = (await readdir(NODE)).filter((name) => !NO_STEPS.includes(name));
  for (const name of NO_STEPS) await cp(join(NODE, name), join(scripts, name));
  for (const name of steps) {
    const guard = name === 'kubernetes.sh' ? `if [ -e ${folder}/broken ]; then exit 3; fi\n` : '';
    await writeFile(join(scripts, name), `#!/usr/bin/env bash\n${guard}echo ${name} >>${folder}/done\n`);
    await chmod(join(scripts, name), 0o755);
  }
  // The network is not there at the first try.
  const curl = `#!/usr/bin/env bash\nif [ ! -e ${folder}/tried ]; then touch ${folder}/tried; exit 6; fi\n`;
  await writeFile(join(programs, 'curl'), curl);
  await chmod(join(programs, 'curl'), 0o755);
  await writeFile(join(folder, 'node.env'), "AWS_REGION='eu-central-1'\n");
  const env = {
    PATH: [programs, process.env['PATH']].join(delimiter),
    SETTINGS_FILE: join(folder, 'node.env'),
    DONE_FOLDER: join(folder, 'state'),
    SET_UP_LOG: join(folder, 'log'),
    RETRY_SECONDS: '0',
  };
  return () => run(join(scripts, 'set-up.sh'), [], env);
}

test('the set-up of the node stops at what fails and goes on from there', async () => {
  const setUp = await prepareSetUp();
  await writeFile(join(folder, 'broken'), '');
  expect((await setUp()).code).toBe(3);
  const done = async () => (await readFile(join(folder, 'done'), 'utf8')).trim().split('\n');
  expect(await done()).toEqual(['data-volume.sh', 'container-runtime.sh']);

  await rm(join(folder, 'broken'));
  expect((await setUp()).code).toBe(0);
  const network = ['kubernetes', 'identity', 'helm', 'storage', 'ingress', 'certificates', 'metrics'];
  const all = [...network, 'monitoring', 'ci-runner', 'access', 'platform'];
  expect(await done()).toEqual(['data-volume.sh', 'container-runtime.sh', ...all.map((name) => `${name}.sh`)]);
  expect((await readdir(NODE)).length).toBe((await done()).length + NO_STEPS.length);

  expect((await setUp()).code).toBe(0);
  expect(await done(), 'nothing is done twice').toHaveLength(all.length + 2);
  expect(await readFile(join(folder, 'log'), 'utf8')).toContain('the node is ready');
}, 120_000);

/** What the kubelet asks for an image, and what it is answered; \`aws\` knows the login of eu-central-1 only. */
function askForLogin(image: string): { code: number | null; answer: string } {
  const aws =
    '#!/usr/bin/env bash\n[ "$*" = "ecr get-login-password --region eu-central-1" ] && echo QVdTOnNlY3JldA==\n';
  const programs = join(folder, 'login');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'aws'), aws, { mode: 0o755 });
  const asked = { apiVersion: 'credentialprovider.kubelet.k8s.io/v1', kind: 'CredentialProviderRequest', image };
  const { status, stdout } = spawnSync(join(NODE, 'ecr-login.sh'), [], {
    env: { PATH: [programs, process.env['PATH']].join(delimiter) },
    input: JSON.stringify(asked),
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, answer: stdout };
}

test("the kubelet of the node gets the login of ECR, and nobody else's", async () => {
  const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  const { code, answer } = askForLogin(`${registry}/aws-deployer-development/deployer:0.1.0`);
  expect(code).toBe(0);
  expect(JSON.parse(answer)).toEqual({
    kind: 'CredentialProviderResponse',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    cacheKeyType: 'Registry',
    cacheDuration: '6h0m0s',
    auth: { [registry]: { username: 'AWS', password: 'QVdTOnNlY3JldA==' } },
  });
  expect(askForLogin('docker.io/library/nginx:1').code).not.toBe(0);
  expect(askForLogin('123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1'), 'no login').toMatchObject({ answer: '' });

  // The kubelet takes a provider by the name of its file in the folder that it is told.
  const [, providers = '', cluster = ''] =
    /credential-providers\.yaml" <<'CONFIG'\n([^]*?)\nCONFIG[^]*kubeadm\.yaml" <<CONFIG\n([^]*?)\nCONFIG/.exec(
      await readFile(join(NODE, 'kubernetes.sh'), 'utf8'),
    ) ?? [];
  expect(parse(providers)).toMatchObject({ kind: 'CredentialProviderConfig', providers: [{ name: 'ecr-login.sh' }] });
  const [init] = parseAllDocuments(cluster);
  expect(init?.toJS()).toMatchObject({
    nodeRegistration: {
      kubeletExtraArgs: [
        { name: 'image-credential-provider-config', value: '/etc/kubernetes/credential-providers.yaml' },
        { name: 'image-credential-provider-bin-dir', value: '/opt/aws-deployer' },
      ],
    },
  });
});

const ISSUER = {
  ISSUER: 'https://n-issuer.s3.r.amazonaws.com',
  ISSUER_BUCKET: 'n-issuer',
  ISSUER_KEYS: 'openid/v1/jwks',
};

/**
 * kubernetes.sh on an instance of its own with the data volume of all. `kubeadm` makes keys that are not there yet, as the real
 * one does. Answers the folder that stands for /etc.
 */
async function setUpKubernetes(instance: string): Promise<string> {
  const at = (...path: string[]): string => join(folder, 'kubernetes', ...path);
  const etc = at(instance);
  for (const name of ['programs', `${instance}/yum.repos.d`]) mkdirSync(at(name), { recursive: true });
  const program = (name: string, text: string): void =>
    writeFileSync(at('programs', name), `#!/usr/bin/env bash\nset -e\n${text}\n`, { mode: 0o755 });
  program(
    'kubeadm',
    `echo "$*" >>${etc}/kubeadm.log
case "$*" in 'config images'*) exit ;; esac
mkdir -p ${etc}/kubernetes/pki/etcd
cd ${etc}/kubernetes/pki
for key in {ca,front-proxy-ca,etcd/ca,apiserver}.{crt,key} sa.{key,pub}; do [ -e $key ] || echo "$key of ${instance}" >$key; done
case "$*" in *phase*) ;; *) touch ${etc}/kubernetes/admin.conf ;; esac`,
  );
  for (const name of ['dnf', 'systemctl', 'kubectl', 'curl']) program(name, '');
  const settings = { NODE_NAME: 'n', KUBERNETES_VERSION: '1.35', POD_CIDR: '192.168.0.0/16', CALICO_VERSION: 'v3' };
  const lines = Object.entries({
    ...settings,
    SERVICE_CIDR: '172.20.0.0/16',
    PUBLIC_ADDRESS: '203.0.113.7',
    ...ISSUER,
  });
  writeFileSync(at('node.env'), lines.map(([key, value]) => `${key}='${value}'\n`).join(''));
  const { code, output } = await run(join(NODE, 'kubernetes.sh'), [], {
    PATH: [at('programs'), process.env['PATH']].join(delimiter),
    SETTINGS_FILE: at('node.env'),
    DATA_FOLDER: at('volume'),
    ETC_FOLDER: etc,
    RETRY_SECONDS: '0',
  });
  expect(code, output).toBe(0);
  return etc;
}

test('etcd lies on the data volume, and the instance after this one has the keys to it', async () => {
  const volume = join(folder, 'kubernetes/volume');
  const first = await setUpKubernetes('first');
  const [, cluster] = parseAllDocuments(await readFile(join(first, 'kubernetes/kubeadm.yaml'), 'utf8'));
  expect(cluster?.toJS()).toMatchObject({
    etcd: { local: { dataDir: `${volume}/etcd` } },
    apiServer: {
      extraArgs: [
        { name: 'service-account-issuer', value: ISSUER.ISSUER },
        { name: 'service-account-jwks-uri', value: `${ISSUER.ISSUER}/openid/v1/jwks` },
        { name: 'encryption-provider-config' },
      ],
      extraVolumes: [{ hostPath: `${volume}/kubernetes/encryption` }],
    },
  });
  const unit = await readFile(join(first, 'systemd/system/kubelet.service.d/data-volume.conf'), 'utf8');
  expect(unit, 'no etcd without its volume').toBe(`[Unit]\nRequiresMountsFor=${volume}\n`);
  const encryption = await readFile(join(volume, 'kubernetes/encryption/config.yaml'), 'utf8');
  expect(parse(encryption)).toMatchObject({ kind: 'EncryptionConfiguration' });
  for (const secret of ['', 'pki', 'encryption'])
    expect((await stat(join(volume, 'kubernetes', secret))).mode & 0o777, secret).toBe(0o700);

  const second = await setUpKubernetes('second');
  const held = (key: string): Promise<string> => readFile(join(second, 'kubernetes/pki', key), 'utf8');
  for (const key of ['ca.crt', 'ca.key', 'sa.key', 'sa.pub', 'front-proxy-ca.key', 'etcd/ca.crt', 'etcd/ca.key'])
    expect(await held(key)).toBe(`${key} of first\n`);
  expect(await held('apiserver.crt'), 'its address is its own').toBe('apiserver.crt of second\n');
  expect(await readFile(join(volume, 'kubernetes/encryption/config.yaml'), 'utf8')).toBe(encryption);
  const config = join(second, 'kubernetes/kubeadm.yaml');
  const there = `DirAvailable-${volume.replaceAll('/', '-')}-etcd`;
  expect((await readFile(join(second, 'kubeadm.log'), 'utf8')).trim().split('\n').at(-1)).toBe(
    `init --config ${config} --ignore-preflight-errors=${there}`,
  );
});

/** A step with stand-ins for these programs, which write to `notes` how they were called. Answers the notes. */
async function runStep(
  step: string,
  settings: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  const at = (...path: string[]): string => join(folder, step, ...path);
  mkdirSync(at('programs'), { recursive: true });
  for (const [name, text] of Object.entries(programs))
    writeFileSync(at('programs', name), `#!/usr/bin/env bash\nnotes=${at('notes')}\n${text}\n`, { mode: 0o755 });
  const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`);
  writeFileSync(at('node.env'), lines.join(''));
  const { code, output } = await run(join(NODE, step), [], {
    PATH: [at('programs'), process.env['PATH']].join(delimiter),
    SETTINGS_FILE: at('node.env'),
    RETRY_SECONDS: '0',
  });
  expect(code, output).toBe(0);
  return readFile(at('notes'), 'utf8');
}

test('AWS finds the public keys of the service accounts where their tokens say', async () => {
  const keys = '{"keys":[{"kid":"first"}]}';
  const notes = await runStep(
    'identity.sh',
    { ...ISSUER, AWS_REGION: 'r' },
    {
      kubectl: `[ "$*" = 'get --raw /openid/v1/jwks' ] && echo '${keys}'`,
      aws: `while [ $# -gt 0 ]; do [ "$1" = --body ] && cat "$2" >>$notes || true; [[ $1 = --bucket || $1 = --key ]] && echo "$1 $2" >>$notes; shift; done`,
    },
  );
  expect(notes.trim().split('\n')).toEqual([`--bucket ${ISSUER.ISSUER_BUCKET}`, `--key ${ISSUER.ISSUER_KEYS}`, keys]);
});

test('the driver of volumes has its role by a token, and asks the metadata from the host only', async () => {
  const role = 'arn:aws:iam::123456789012:role/n-ebs-csi';
  const notes = await runStep(
    'storage.sh',
    { NODE_NAME: 'n', AWS_REGION: 'r', LOCAL_PATH_VERSION: 'v1', EBS_CSI_ROLE: role, EBS_CSI_CHART: '2.47.0' },
    {
      curl: 'true',
      kubectl: 'true',
      sed: 'true',
      helm: 'while [ "$1" != --values ]; do shift; done; cat "$2" >$notes',
    },
  );
  const file = '/var/run/secrets/aws/token';
  expect(parse(notes)).toMatchObject({
    controller: {
      region: 'r',
      env: [
        { name: 'AWS_ROLE_ARN', value: role },
        { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: file },
      ],
      volumes: [
        { projected: { sources: [{ serviceAccountToken: { audience: 'sts.amazonaws.com', path: 'token' } }] } },
      ],
      volumeMounts: [{ mountPath: '/var/run/secrets/aws' }],
    },
    node: { hostNetwork: true },
  });
});

/** ci-runner.sh with stand-ins for what belongs to the node; the runner writes down how it was called. Answers that. */
async function installRunner(): Promise<string> {
  const at = (...path: string[]): string => join(folder, 'runner', ...path);
  for (const name of ['programs', 'release']) mkdirSync(at(name), { recursive: true });
  const program = (name: string, text: string): void =>
    writeFileSync(at(name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  program('release/config.sh', `echo "config.sh $* token=$ACTIONS_RUNNER_INPUT_TOKEN" >>${at('notes')}; touch .runner`);
  program(
    'release/svc.sh',
    `echo "svc.sh $* $(cat ${at('units')}/*/*.conf 2>/dev/null | tail -n 1)" >>${at('notes')}
[ "$1" = install ] && echo actions.runner.test.service >.service; true`,
  );
  expect(spawnSync('tar', ['-czf', at('release.tar.gz'), '-C', at('release'), '.']).status).toBe(0);
  for (const name of ['id', 'dnf', 'chown', 'systemctl']) program(`programs/${name}`, '');
  // Whoever ends before it was told everything breaks the pipe of who tells it.
  program('programs/sha256sum', 'cat >/dev/null');
  program('programs/curl', `while [ "$1" != --output ]; do shift; done; cp ${at('release.tar.gz')} "$2"`);
  program('programs/aws', 'echo of-one-hour');
  program('programs/runuser', 'while [ "$1" != -- ]; do shift; done; shift; "$@"');
  const settings = { NODE_NAME: 'n', CI_RUNNER_SECRET: 's', CI_RUNNER_VERSION: '2', CI_RUNNER_SHA256: 'x' };
  const lines = Object.entries({ ...settings, AWS_REGION: 'r', CI_RUNNER_URL: 'https://git.example/a' });
  writeFileSync(at('node.env'), lines.map(([key, value]) => `${key}='${value}'\n`).join(''));
  const { code, output } = await run(join(NODE, 'ci-runner.sh'), [], {
    PATH: [at('programs'), process.env['PATH']].join(delimiter),
    SETTINGS_FILE: at('node.env'),
    RUNNER_FOLDER: at('home'),
    UNIT_FOLDER: at('units'),
    RETRY_SECONDS: '0',
  });
  expect(code, output).toBe(0);
  return readFile(at('notes'), 'utf8');
}

test('the CI runner gets its token unseen, and no way to the role of the node before it takes a job', async () => {
  const first = [
    'config.sh --unattended --replace --name n --labels aws-deployer --url https://git.example/a token=of-one-hour',
    'svc.sh install ci-runner ',
    'svc.sh start IPAddressDeny=169.254.169.254 fd00:ec2::254',
  ];
  expect((await installRunner()).trim().split('\n')).toEqual(first);
  expect((await installRunner()).trim().split('\n'), 'registered and installed once').toEqual([...first, first[2]]);
});
