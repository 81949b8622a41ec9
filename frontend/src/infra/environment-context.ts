/** The environment whose pages are open, as its frame has read it. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { createContext, useContext } from 'react';

export const EnvironmentContext = createContext<InfraEnvironmentView | null>(null);

/** For what stands inside the frame of an environment only. */
export function useEnvironment(): InfraEnvironmentView {
  const environment = useContext(EnvironmentContext);
  if (environment === null) throw new Error('this page stands outside of an environment');
  return environment;
}
