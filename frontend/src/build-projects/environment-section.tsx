/** In what a project is built: image, kind of machine, size, and the variables of every build. */
import { Autocomplete, Input, Select, Switch } from '@mantine/core';
import { Panel } from '../ui/panel.js';
import { COMPUTES, ENVIRONMENTS, IMAGES } from './environment-options.js';
import type { ProjectPart } from './project-part.js';
import { VariablesInput } from './variables-input.js';
import form from '../ui/form.module.css';

export function EnvironmentSection({ values, errors, set }: ProjectPart) {
  const lambda = values.environmentType.includes('LAMBDA');
  return (
    <Panel title="Environment">
      <div className={form.fields}>
        <Autocomplete
          label="Image"
          description="One of CodeBuild’s own, or any image the engine can pull"
          classNames={{ input: form.monoInput ?? '' }}
          data={[...IMAGES]}
          value={values.image}
          error={errors['image']}
          onChange={(image) => set('image', image)}
        />
        <div className={form.two}>
          <Select
            label="Machine"
            data={[...ENVIRONMENTS]}
            value={values.environmentType}
            error={errors['environmentType']}
            onChange={(type) => {
              if (type === null) return;
              set('environmentType', type);
              // The sizes of Lambda and of machines are not each other's.
              if (type.includes('LAMBDA') !== lambda)
                set('compute', type.includes('LAMBDA') ? 'BUILD_LAMBDA_2GB' : 'BUILD_GENERAL1_SMALL');
            }}
          />
          <Select
            label="Size"
            data={COMPUTES.filter(({ value }) => value.includes('LAMBDA') === lambda)}
            value={values.compute}
            error={errors['compute']}
            onChange={(compute) => compute !== null && set('compute', compute)}
          />
        </div>
        <Switch
          label="Privileged: the build may use Docker itself"
          checked={values.privileged}
          error={errors['privileged']}
          onChange={(event) => set('privileged', event.currentTarget.checked)}
        />
        <Input.Wrapper
          label="Variables"
          description="Passwords belong in Parameter Store or Secrets Manager: a plain value is seen by all who see the project"
          error={errors['variables']}
          labelElement="div"
        >
          <VariablesInput variables={values.variables} onChange={(variables) => set('variables', variables)} />
        </Input.Wrapper>
      </div>
    </Panel>
  );
}
