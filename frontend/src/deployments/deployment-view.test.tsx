// @vitest-environment jsdom
import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { deploymentSample } from '../testing/samples.js';
import { renderConsole } from '../testing/render.js';
import { PodsTable } from './pods-table.js';
import { StageTrack } from './stage-track.js';
import { VerdictPanel } from './verdict-panel.js';

afterEach(cleanup);

test('the track tells its stages to eye and ear', async () => {
  const { stages } = deploymentSample();
  await renderConsole(<StageTrack stages={stages} state="building" />);
  const stations = within(screen.getByRole('list', { name: 'Stages' })).getAllByRole('listitem');
  expect(stations.map((station) => station.getAttribute('data-status'))).toEqual([
    'succeeded',
    'ahead',
    'running',
    'ahead',
    'ahead',
    'ahead',
  ]);
  expect(screen.getByText('Build running, 1 of 6 stages done').getAttribute('aria-live')).toBe('polite');
});

test('a verdict is an alert with its evidence and the way out', async () => {
  const deployment = deploymentSample({
    state: 'rolled_back',
    failed_state: 'deployment_failed',
    verdict: {
      code: 'crash_loop',
      fault: 'release',
      object: 'Pod shop-1',
      container: 'web',
      reason: 'Container web exits with code 1.',
      evidence: { exit_code: 1, log_lines: ['Error: DATABASE_URL is not set'], events: [] },
      suggestion: 'Set DATABASE_URL.',
    },
  });
  await renderConsole(<VerdictPanel deployment={deployment} />);
  const panel = screen.getByRole('alert');
  for (const text of ['Container web exits with code 1.', 'crash_loop', 'Set DATABASE_URL.', 'Pod shop-1']) {
    expect(within(panel).getByText(text)).toBeTruthy();
  }
  expect(panel.textContent).toContain('Error: DATABASE_URL is not set');
});

test('without a verdict the sentence of the state says why; a good deployment says nothing', async () => {
  const { unmount } = await renderConsole(
    <VerdictPanel
      deployment={deploymentSample({
        state: 'rolled_back',
        failed_state: 'build_failed',
        state_reason: 'step 4 failed',
      })}
    />,
  );
  expect(screen.getByRole('alert').textContent).toContain('step 4 failed');
  unmount();
  await renderConsole(<VerdictPanel deployment={deploymentSample({ state: 'stable' })} />);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('pods say how real they are, the new release first', async () => {
  const pod = {
    phase: 'Running',
    ready: true,
    restarts: 0,
    reason: null,
    image_digest: null,
    release_id: null,
    node: null,
    started_at: null,
  };
  await renderConsole(
    <PodsTable
      pods={[
        { ...pod, name: 'shop-old', current: false, runtime: 'docker' },
        { ...pod, name: 'shop-new', current: true, runtime: 'simulated', ready: false, reason: 'CrashLoopBackOff' },
        { ...pod, name: 'shop-host', current: false, runtime: 'process' },
      ]}
    />,
  );
  const rows = screen.getAllByRole('row').slice(1);
  expect(rows[0]?.textContent).toContain('shop-new');
  expect(rows[0]?.textContent).toContain('simulated');
  expect(rows[0]?.textContent).toContain('CrashLoopBackOff');
  expect(rows[1]?.textContent).toContain('host process');
});
