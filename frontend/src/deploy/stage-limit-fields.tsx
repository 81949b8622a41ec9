/** The most seconds that each stage may take: one field a stage, empty for the platform's own. */
import { Input, NumberInput } from '@mantine/core';
import type { StageName } from '@aws-deployer/platform/contracts/deployments';
import { FORWARD_STAGES, stageLabel } from '../deployments/states.js';
import classes from './deploy-page.module.css';
import { numberOf, type FormPart } from './form-props.js';

const STAGES: readonly StageName[] = [...FORWARD_STAGES, 'rolling_back'];

export function StageLimitFields({ values, errors, set }: FormPart) {
  return (
    <Input.Wrapper
      label="Time limits"
      description="Seconds after which a stage has failed"
      error={errors['timeouts']}
      labelElement="div"
    >
      <div className={classes.limits}>
        {STAGES.map((stage) => (
          <NumberInput
            key={stage}
            label={stageLabel(stage)}
            aria-label={`${stageLabel(stage)}: most seconds`}
            placeholder="default"
            hideControls
            min={1}
            value={values.timeouts[stage] ?? ''}
            error={errors['timeouts'] !== undefined}
            onChange={(value) => set('timeouts', { ...values.timeouts, [stage]: numberOf(value) })}
          />
        ))}
      </div>
    </Input.Wrapper>
  );
}
