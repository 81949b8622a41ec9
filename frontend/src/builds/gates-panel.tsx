/** What a build was held to before a deployment may use it, and what was found; shown on builds and deployments. */
import type { GateResult } from '@aws-deployer/platform/contracts/builds';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { Chip } from '../ui/chip.js';
import { Panel } from '../ui/panel.js';
import classes from './gates-panel.module.css';

const GATES: Readonly<Record<GateResult['gate'], string>> = {
  tests_passed: 'Tests passed',
  line_coverage_min: 'Line coverage',
  findings_max: 'Scan findings',
  image_signed: 'Image signed',
};

export function GatesPanel({ gates }: { gates: readonly GateResult[] }) {
  if (gates.length === 0) return null;
  const failed = gates.filter(({ passed }) => !passed).length;
  return (
    <Panel
      title="Quality gates"
      note={failed === 0 ? 'a deployment may use this build' : 'no deployment may use this build'}
      flush
    >
      <ul className={classes.gates}>
        {[...gates]
          .sort((a, b) => Number(a.passed) - Number(b.passed))
          .map(({ gate, passed, detail }) => (
            <li key={gate} className={classes.gate} data-tone={passed ? 'good' : 'bad'}>
              {passed ? <IconCircleCheck size={19} aria-hidden /> : <IconCircleX size={19} aria-hidden />}
              <span className={classes.name}>{GATES[gate]}</span>
              <Chip tone={passed ? 'good' : 'bad'}>{passed ? 'held' : 'not held'}</Chip>
              <span className={classes.detail}>{detail}</span>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
