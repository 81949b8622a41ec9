import { permits } from './permissions.js';

/** Who asks. `service` principals come from a service token and act for nobody or for `userId` as they say. */
export interface Principal {
  readonly kind: 'user' | 'token' | 'service';
  /** UUID of the user; for a service its name (`deployer`). */
  readonly userId: string;
  /** What people read: the user's name, or the service's. */
  readonly username: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly tokenId: string | null;
  /** Of a cookie session: writes must repeat it in `X-CSRF-Token`. */
  readonly csrfToken: string | null;
}
export const can = (principal: Principal, permission: string): boolean => permits(principal.permissions, permission);
