/** As whom, and where, AWS is asked. Secrets live here in memory only: never log a session. */
export type AwsCredential =
  /** What the process finds: variables, profile, instance or pod identity. */
  | { readonly type: 'environment' }
  | {
      readonly type: 'keys';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    }
  | {
      readonly type: 'role';
      readonly roleArn: string;
      readonly externalId?: string | undefined;
      readonly via: AwsCredential;
    };

export interface AwsSession {
  /** Name of the cloud account; null for keys that came with one request. */
  readonly account: string | null;
  readonly region: string;
  readonly credential: AwsCredential;
}
