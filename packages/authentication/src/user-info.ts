/** Who a request comes from, as authorization and audit see it. */
export interface UserInfo {
  readonly name: string;
  /** Empty when unknown. */
  readonly uid: string;
  /** In the order they arrived; `system:authenticated` is added last. */
  readonly groups: readonly string[];
  /** Keys as the authenticator gave them, values in order. */
  readonly extra: ReadonlyMap<string, readonly string[]>;
}
