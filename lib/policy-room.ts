import type { TargetConfig } from '../functions/core/config/config.ts';

/** IAM keeps at most 10,240 characters of inline policy for a role, and watch needs up to 2,200 of them for the rest. */
const ARNS_CHARS_MAX = 8_000;
/** What the ARN of a database user holds besides names that the configuration gives: partition, account, separators. */
const USER_ARN_CHARS = 52;
const SEPARATOR_CHARS = 3;

/** The users that watch signs in as, each at its own database, or wherever a user of that name is. */
export function databaseUsers(targets: readonly TargetConfig[], anyDatabase: boolean) {
  const users = targets.flatMap(({ credential, user }) =>
    credential.kind === 'iam'
      ? [{ region: credential.region, name: `${anyDatabase ? '*' : credential.resourceId}/${user}` }]
      : [],
  );
  return [...new Map(users.map((one) => [`${one.region}:${one.name}`, one])).values()];
}

export function passwordSecretArns(targets: readonly TargetConfig[]): readonly string[] {
  return [
    ...new Set(targets.flatMap(({ credential }) => (credential.kind === 'secret' ? [credential.arn] : []))),
  ].sort();
}

/** Whether a policy has room to name hundreds of databases; if not, it names their users only. */
export function hasRoom(targets: readonly TargetConfig[], anyDatabase: boolean): boolean {
  const users = databaseUsers(targets, anyDatabase);
  const userChars = users.reduce((sum, { region, name }) => sum + USER_ARN_CHARS + region.length + name.length, 0);
  const secrets = passwordSecretArns(targets);
  const secretChars = secrets.reduce((sum, arn) => sum + arn.length, 0);
  return userChars + secretChars + SEPARATOR_CHARS * (users.length + secrets.length) <= ARNS_CHARS_MAX;
}
