/** What a plan of the environment needs and lacks. */
import { ChecksPanel } from './checks-panel.js';
import { useEnvironment } from './environment-context.js';

export const ChecksPage = () => <ChecksPanel environment={useEnvironment()} />;
