/** Taking an environment away: first all that it has, by a plan of its own; then the environment itself. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deleteInfraEnvironment } from '../api/infra.js';
import { ConfirmButton } from '../ui/confirm.js';
import { StartRunButton } from './start-run-button.js';
import classes from './settings-page.module.css';

export function DangerZone({ environment }: { environment: InfraEnvironmentView }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { name, status } = environment;
  return (
    <section className={classes.danger} aria-label="Danger zone">
      <h2>Danger zone</h2>
      <div className={classes.deed}>
        <div>
          <b>Destroy what it has</b>
          <p>
            {status === 'empty'
              ? 'It has nothing.'
              : 'Makes a plan that takes all of it away. Nothing is destroyed before that plan is read and approved.'}
          </p>
        </div>
        <StartRunButton
          environment={name}
          body={{ kind: 'destroy' }}
          label="Plan to destroy"
          variant="light"
          color="vermilion"
          disabled={status === 'empty'}
        />
      </div>
      <div className={classes.deed}>
        <div>
          <b>Delete the environment</b>
          <p>
            {status === 'empty'
              ? 'Its settings and versions go; its runs stay in the books.'
              : 'Possible once it has nothing: what nobody knows of any more could not be taken away either.'}
          </p>
        </div>
        {status === 'empty' && (
          <ConfirmButton
            place="page"
            verb="Delete"
            what={`environment ${name}`}
            typed={name}
            consequence="The platform forgets it, with its variables and versions. What its runs did stays in the history."
            act={() => deleteInfraEnvironment(name)}
            onDone={() => {
              void navigate({ to: '/infrastructure' });
              void client.invalidateQueries({ queryKey: ['infra', 'environments'] });
            }}
          />
        )}
      </div>
    </section>
  );
}
