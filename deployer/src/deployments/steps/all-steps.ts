/** The step of each working state. */
import type { DeploymentStore } from '../deployment-store.js';
import type { Steps } from '../deployment-work.js';
import { build } from './build.js';
import { deploy } from './deploy.js';
import { monitor } from './monitor.js';
import { prepare } from './prepare.js';
import { rollBack } from './roll-back.js';
import { runTests } from './run-tests.js';
import { validate } from './validate.js';

export const makeSteps = (store: DeploymentStore): Steps => ({
  validating: validate,
  preparing: prepare,
  building: build,
  deploying: deploy,
  testing: runTests,
  // The window counts from the beginning of the stage, whoever watches it.
  monitoring: monitor(({ deployment }) => store.stageStartedAt(deployment)),
  rolling_back: rollBack,
});
