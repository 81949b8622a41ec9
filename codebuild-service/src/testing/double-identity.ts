/** STS and IAM of the stand-in (AWS query protocol): who calls, and one role with its policies. */
import { DoubleRefusal } from './double-protocol.js';

interface Role {
  readonly arn: string;
  readonly trust: string;
  readonly policies: Map<string, string>;
}

export class DoubleIdentity {
  readonly roles = new Map<string, Role>();

  constructor(private readonly accountId: string) {}

  /** The XML of the answer to `Action=…`; undefined where it is not known. */
  answer(form: URLSearchParams): string | undefined {
    const action = form.get('Action') ?? '';
    const name = form.get('RoleName') ?? '';
    const result = (inner: string): string =>
      `<${action}Response><${action}Result>${inner}</${action}Result><ResponseMetadata><RequestId>double</RequestId></ResponseMetadata></${action}Response>`;
    switch (action) {
      case 'GetCallerIdentity':
        return result(
          `<Arn>arn:aws:iam::${this.accountId}:user/double</Arn><UserId>double</UserId><Account>${this.accountId}</Account>`,
        );
      case 'GetRole':
        return result(this.toXml(name, this.role(name)));
      case 'CreateRole': {
        if (this.roles.has(name))
          throw new DoubleRefusal('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
        const arn = `arn:aws:iam::${this.accountId}:role/${name}`;
        const role = { arn, trust: form.get('AssumeRolePolicyDocument') ?? '', policies: new Map<string, string>() };
        this.roles.set(name, role);
        return result(this.toXml(name, role));
      }
      case 'PutRolePolicy':
        this.role(name).policies.set(form.get('PolicyName') ?? '', form.get('PolicyDocument') ?? '');
        return result('');
      case 'DeleteRolePolicy':
        if (!this.role(name).policies.delete(form.get('PolicyName') ?? ''))
          throw new DoubleRefusal(
            'NoSuchEntity',
            `The role policy with name ${form.get('PolicyName')} cannot be found.`,
            404,
          );
        return result('');
      default:
        return undefined;
    }
  }
  private role(name: string): Role {
    const found = this.roles.get(name);
    if (found === undefined)
      throw new DoubleRefusal('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    return found;
  }
  private toXml(name: string, { arn, trust }: Role): string {
    return (
      `<Role><Path>/</Path><RoleName>${name}</RoleName><RoleId>AROADOUBLE</RoleId><Arn>${arn}</Arn>` +
      `<CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>${encodeURIComponent(trust)}</AssumeRolePolicyDocument></Role>`
    );
  }
}
