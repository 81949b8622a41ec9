/** What each pod asks of its machine and may not exceed; empty for what the namespace says. */
import { Input, TextInput } from '@mantine/core';
import classes from './deploy-page.module.css';
import type { FormPart } from './form-props.js';
import form from '../ui/form.module.css';

const QUANTITIES = [
  { key: 'cpuRequest', label: 'CPU asked', placeholder: '100m' },
  { key: 'memoryRequest', label: 'Memory asked', placeholder: '64Mi' },
  { key: 'cpuLimit', label: 'CPU limit', placeholder: 'none' },
  { key: 'memoryLimit', label: 'Memory limit', placeholder: 'none' },
] as const;

export function ResourceFields({ values, errors, set }: FormPart) {
  return (
    <Input.Wrapper
      label="Resources"
      description="Of each pod. CPU in cores or thousandths (500m), memory in bytes (256Mi)."
      labelElement="div"
    >
      <div className={classes.resources}>
        {QUANTITIES.map(({ key, label, placeholder }) => (
          <TextInput
            key={key}
            label={label}
            placeholder={placeholder}
            classNames={{ input: form.monoInput ?? '' }}
            value={values[key]}
            error={errors[key]}
            onChange={(event) => set(key, event.currentTarget.value)}
          />
        ))}
      </div>
    </Input.Wrapper>
  );
}
