/** The most seconds that each stage may take: one field a stage, empty for the platform's own. */
import { Input, NumberInput } from '@mantine/core';
import { stageLabel } from '../deployments/states.js';
import classes from './deploy-page.module.css';
import { STAGES_WITH_LIMIT } from './form-errors.js';
import { numberOf, type FormPart } from './form-props.js';

export function StageLimitFields({ values, errors, set }: FormPart) {
  // The fields are too narrow for a sentence: it stands below them all, with the stage's name.
  const refused = STAGES_WITH_LIMIT.filter((stage) => errors[`timeouts.${stage}`] !== undefined);
  return (
    <Input.Wrapper
      label="Time limits"
      description="Seconds after which a stage has failed"
      error={
        refused.length === 0
          ? errors['timeouts']
          : refused.map((stage) => (
              <span key={stage} style={{ display: 'block' }}>
                {stageLabel(stage)}: {errors[`timeouts.${stage}`]}
              </span>
            ))
      }
      labelElement="div"
    >
      <div className={classes.limits}>
        {STAGES_WITH_LIMIT.map((stage) => (
          <NumberInput
            key={stage}
            label={stageLabel(stage)}
            aria-label={`${stageLabel(stage)}: most seconds`}
            placeholder="default"
            hideControls
            min={1}
            value={values.timeouts[stage] ?? ''}
            error={errors['timeouts'] !== undefined || refused.includes(stage)}
            onChange={(value) => set('timeouts', { ...values.timeouts, [stage]: numberOf(value) })}
          />
        ))}
      </div>
    </Input.Wrapper>
  );
}
