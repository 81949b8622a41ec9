import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { apiOverHttp, type ApiOverHttp } from '../testing/api-over-http.js';
import { openClusterState } from '../api/cluster-state.js';
import { ServiceAccountTokens } from './service-account-tokens.js';

const NAMESPACE = '/api/v1/namespaces/default';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

const tokenFor = async ({ send }: ApiOverHttp, name: string): Promise<Record<string, string>> => {
  await send('POST', `${NAMESPACE}/serviceaccounts`, { metadata: { name } });
  const { body } = await send('POST', `${NAMESPACE}/serviceaccounts/${name}/token`, { spec: {} });
  return { authorization: `Bearer ${(body['status'] as { token: string }).token}` };
};
const bind = async ({ send }: ApiOverHttp, account: string, role: string, where: string): Promise<void> => {
  const kind = where === '' ? 'clusterrolebindings' : `namespaces/${where}/rolebindings`;
  const { status } = await send('POST', `${RBAC}/${kind}`, {
    metadata: { name: `${account}-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: 'default' }],
  });
  expect(status).toBe(201);
};
const mayI = async ({ send }: ApiOverHttp, headers: Record<string, string>, asked: object): Promise<unknown> => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { body } = await send('POST', path, { spec: { resourceAttributes: asked } }, headers);
  return (body['status'] as { allowed: boolean }).allowed;
};

describe('roles', () => {
  test('an account may do nothing until a role is bound to it, and then what the role says, there', async () => {
    const api = await apiOverHttp();
    const reader = await tokenFor(api, 'reader');
    const secrets = { verb: 'get', resource: 'secrets', namespace: 'default' };
    expect((await api.send('GET', `${NAMESPACE}/pods`, undefined, reader)).status).toBe(403);
    await bind(api, 'reader', 'view', 'default');
    expect((await api.send('GET', `${NAMESPACE}/pods`, undefined, reader)).status).toBe(200);
    expect((await api.send('GET', '/api/v1/namespaces/kube-system/pods', undefined, reader)).status).toBe(403);
    expect((await api.send('POST', `${NAMESPACE}/configmaps`, { metadata: { name: 'a' } }, reader)).status).toBe(403);
    expect(await mayI(api, reader, secrets)).toBe(false);
    await bind(api, 'reader', 'cluster-admin', '');
    expect(await mayI(api, reader, secrets)).toBe(true);
    expect((await api.send('POST', `${NAMESPACE}/configmaps`, { metadata: { name: 'a' } }, reader)).status).toBe(201);
  });

  test('a rule for named objects holds for them alone, and one for a subresource for it alone', async () => {
    const api = await apiOverHttp();
    const account = await tokenFor(api, 'narrow');
    await api.send('POST', `${RBAC}/clusterroles`, {
      metadata: { name: 'narrow' },
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['patch'] },
      ],
    });
    await bind(api, 'narrow', 'narrow', 'default');
    const asked = { namespace: 'default', verb: 'get', resource: 'configmaps' };
    expect(await mayI(api, account, { ...asked, name: 'mine' })).toBe(true);
    expect(await mayI(api, account, { ...asked, name: 'other' })).toBe(false);
    expect(await mayI(api, account, asked)).toBe(false);
    const scale = { namespace: 'default', verb: 'patch', group: 'apps', resource: 'deployments' };
    expect(await mayI(api, account, { ...scale, subresource: 'scale' })).toBe(true);
    expect(await mayI(api, account, scale)).toBe(false);
  });

  test('who comes without credentials is the administrator, also under another name', async () => {
    const api = await apiOverHttp();
    await tokenFor(api, 'reader');
    await bind(api, 'reader', 'view', 'default');
    const as = { 'impersonate-user': 'system:serviceaccount:default:reader' };
    expect((await api.send('GET', `${NAMESPACE}/secrets`)).status).toBe(200);
    expect((await api.send('GET', `${NAMESPACE}/secrets`, undefined, as)).status).toBe(403);
    expect((await api.send('GET', `${NAMESPACE}/pods`, undefined, as)).status).toBe(200);
  });

  test('a service account cannot hand out what it has not got', async () => {
    const api = await apiOverHttp();
    const account = await tokenFor(api, 'builder');
    await bind(api, 'builder', 'admin', 'default');
    const grant = (rules: object[]): Promise<{ status: number }> =>
      api.send('POST', `${RBAC}/namespaces/default/roles`, { metadata: { generateName: 'r-' }, rules }, account);
    expect((await grant([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])).status).toBe(201);
    expect((await grant([{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }])).status).toBe(403);
    const bound = await api.send(
      'POST',
      `${RBAC}/namespaces/default/rolebindings`,
      {
        metadata: { name: 'up' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'builder', namespace: 'default' }],
      },
      account,
    );
    expect(bound.status).toBe(403);
  });
});

describe('tokens', () => {
  test('one is worth nothing when it has run out, was changed, or its account was made anew', async () => {
    const api = await apiOverHttp();
    await api.send('POST', `${NAMESPACE}/serviceaccounts`, { metadata: { name: 'a' } });
    const account = api.state.store.get('core/serviceaccounts', 'default', 'a');
    if (account === undefined) throw new Error('the account was not made');
    const { tokens } = api.state.access;
    const now = new Date();
    const token = tokens.issue(account, ['x'], 600, now);
    expect(tokens.identify(token, ['x'])?.user.username).toBe('system:serviceaccount:default:a');
    expect(tokens.identify(token, ['y'])).toBeUndefined();
    expect(tokens.identify(token, ['x'], new Date(now.getTime() + 601_000))).toBeUndefined();
    const [header, claims = '', signature] = token.split('.');
    const forged = Buffer.from(claims, 'base64url').toString().replace('default:a', 'default:b');
    const changed = [header, Buffer.from(forged).toString('base64url'), signature].join('.');
    expect(tokens.identify(changed, ['x'])).toBeUndefined();
    await api.send('DELETE', `${NAMESPACE}/serviceaccounts/a`);
    await api.send('POST', `${NAMESPACE}/serviceaccounts`, { metadata: { name: 'a' } });
    expect(tokens.identify(token, ['x'])).toBeUndefined();
  });

  test('one outlives a restart; its key is for the owner of the folder only', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tokens-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const state = openClusterState({ onError: (what, error) => expect.fail(`${what}: ${String(error)}`) });
    onTestFinished(() => state.stop());
    const account = state.store.get('core/serviceaccounts', 'default', 'default');
    if (account === undefined) throw new Error('there is no default account');
    const token = new ServiceAccountTokens(state.store, dataDir).issue(account, ['x'], 600, new Date());
    expect(new ServiceAccountTokens(state.store, dataDir).identify(token, ['x'])).toBeDefined();
    expect(new ServiceAccountTokens(state.store).identify(token, ['x'])).toBeUndefined();
    expect((await stat(join(dataDir, 'service-account.key'))).mode & 0o077).toBe(0);
    expect(await readFile(join(dataDir, 'service-account.key'), 'utf8')).toContain('PRIVATE KEY');
  });
});
