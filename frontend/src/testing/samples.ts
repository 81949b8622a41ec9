/** Views as the server sends them, for tests; each test changes the part it is about. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import type { DeploymentView, Workload } from '@aws-deployer/platform/contracts/deployments';

const workload: Workload = {
  kind: 'Deployment',
  replicas: 2,
  env: { LOG_LEVEL: 'info' },
  secrets: ['database'],
  service_type: 'ClusterIP',
  container_port: 8080,
  health: { path: '/health' },
};

export const deploymentSample = (change: Partial<DeploymentView> = {}): DeploymentView => ({
  id: '019a0000-0000-7000-8000-000000000001',
  application: 'shop',
  environment: 'development',
  namespace: 'development',
  state: 'building',
  state_reason: 'step 2 of 6',
  failed_state: null,
  release_id: null,
  rollback_of: null,
  source: {
    type: 'git',
    repo_url: 'https://github.com/acme/shop.git',
    ref: 'main',
    context: '.',
    dockerfile: 'Dockerfile',
  },
  commit: null,
  builder: null,
  image: null,
  image_digest: null,
  base_substituted: null,
  url: null,
  strategy: { type: 'rolling' },
  workload,
  verdict: null,
  rollout: { requests: 0, failed: 0, longest_gap_ms: 0 },
  stages: [
    {
      name: 'validating',
      outcome: 'succeeded',
      started_at: '2026-11-21T04:00:00.000Z',
      ended_at: '2026-11-21T04:00:01.000Z',
    },
    { name: 'building', outcome: null, started_at: '2026-11-21T04:00:01.000Z', ended_at: null },
  ],
  cancel_requested: false,
  created_by: 'mira',
  created_at: '2026-11-21T04:00:00.000Z',
  updated_at: '2026-11-21T04:00:01.000Z',
  ended_at: null,
  ...change,
});

export const releaseSample = (change: Partial<ReleaseView> = {}): ReleaseView => ({
  id: '019a0000-0000-7000-8000-00000000000a',
  application: 'shop',
  environment: 'development',
  number: 1,
  deployment_id: '019a0000-0000-7000-8000-000000000001',
  source: {
    type: 'git',
    repo_url: 'https://github.com/acme/shop.git',
    ref: 'main',
    context: '.',
    dockerfile: 'Dockerfile',
  },
  commit: '4f2c9d1e8b7a6f5e4d3c2b1a09f8e7d6c5b4a392',
  image: '127.0.0.1:5000/shop:4f2c9d1',
  image_digest: `sha256:${'ab'.repeat(32)}`,
  base_substituted: null,
  manifest_hash: 'cd'.repeat(32),
  workload,
  strategy: { type: 'rolling' },
  status: 'stable',
  live: false,
  created_by: 'mira',
  created_at: '2026-11-21T03:00:00.000Z',
  ...change,
});
