/** The account of callers whose access key id does not name one. */
export const DEFAULT_ACCOUNT_ID = "000000000000";

/**
 * An access key id of twelve digits is the account; every other one belongs to the default account,
 * so that clients with whatever placeholder credentials see the same streams.
 */
export function accountIdOf(accessKeyId: string | undefined): string {
  return accessKeyId !== undefined && /^\d{12}$/.test(accessKeyId)
    ? accessKeyId
    : DEFAULT_ACCOUNT_ID;
}
