/** What a preflight may ask for and nobody agrees to by accident. */
import { Checkbox } from '@mantine/core';
import { Fieldset } from '../ui/fieldset.js';
import type { FormPart } from './form-props.js';

export function ConsentFields({ values, errors, set }: FormPart) {
  return (
    <Fieldset title="Consent">
      <Checkbox
        label="Make anew what cannot be changed in place"
        description="The object is deleted first; its pods stop in between. Without it such a deployment is refused."
        checked={values.recreate}
        error={errors['recreate']}
        onChange={(event) => set('recreate', event.currentTarget.checked)}
      />
      <Checkbox
        label="Take over objects of the same name that others made"
        description="They are written over. A rollback without an earlier release gives them back as they were."
        checked={values.adopt}
        error={errors['adopt']}
        onChange={(event) => set('adopt', event.currentTarget.checked)}
      />
    </Fieldset>
  );
}
