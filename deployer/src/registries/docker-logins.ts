/** The Docker Hub credential of a user, kept sealed from `docker-login` to `docker-logout`. */
import { isDuplicate, inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { DeployerSchema } from '../schema.js';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';

export interface DockerLogin {
  readonly user: string;
  readonly token: string;
}

export class DockerLogins {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** `verified`: Docker Hub itself took it. */
  async keep(userId: string, { user, token }: DockerLogin, verified: boolean, origin: Origin): Promise<void> {
    const row = {
      user_id: userId,
      docker_user: user,
      sealed: this.box.seal(token, placeOf(userId)),
      verified: verified ? 1 : 0,
      created_at: instant(this.clock.now()),
    };
    await inTransaction(this.database, async (trx) => {
      await trx.deleteFrom('docker_logins').where('user_id', '=', userId).execute();
      await trx
        .insertInto('docker_logins')
        .values(row)
        .execute()
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error; // the same user at the same instant: either of the two is right
        });
      await recordAction(trx, origin, {
        type: 'registry.login',
        targetType: 'registry',
        target: 'docker.io',
        after: { docker_user: user, verified },
      });
    });
  }

  async forget(userId: string, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      await trx.deleteFrom('docker_logins').where('user_id', '=', userId).execute();
      await recordAction(trx, origin, { type: 'registry.logout', targetType: 'registry', target: 'docker.io' });
    });
  }

  async of(userId: string): Promise<DockerLogin | undefined> {
    const row = await this.database.db
      .selectFrom('docker_logins')
      .selectAll()
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return row && { user: row.docker_user, token: this.box.open(row.sealed, placeOf(userId)) };
  }

  /** The user name alone; opens nothing. */
  async userOf(userId: string): Promise<string | undefined> {
    const query = this.database.db.selectFrom('docker_logins').select('docker_user').where('user_id', '=', userId);
    return (await query.executeTakeFirst())?.docker_user;
  }
}

const placeOf = (userId: string): string => `docker-login/${userId}`;
