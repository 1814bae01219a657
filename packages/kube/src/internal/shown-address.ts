/**
 * An address for messages and logs, without the user name and password that may stand in it.
 *
 * What is not a URL loses everything up to its last `@`: nobody can say where a password in it ends.
 */
export function shownAddress(address: string): string {
  const userInfo = URL.canParse(address) ? /^([a-z][\w+.-]*:\/\/)?[^/?#]*@/i : /^([a-z][\w+.-]*:\/\/)?.*@/is;
  return address.replace(userInfo, "$1");
}
