/** STS: as whom AWS sees us. */
import * as declared from '../../aws-operations/catalogue/sts.js';
import { carriedOut } from './carry-out.js';

export const stsCalls = [
  carriedOut(declared.getCallerIdentity, async (call) => {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const from = await call.send('sts', (sts, options) => sts.send(new GetCallerIdentityCommand({}), options));
    return { rows: [{ account: from.Account, arn: from.Arn, user_id: from.UserId }], from };
  }),
];
