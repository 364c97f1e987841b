/** What every process of a network gets, whatever the caller's own environment holds. */
export function baseEnvironment(homeFolder: string): Record<string, string> {
  return { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: homeFolder, LANG: "C.UTF-8", TZ: "UTC" };
}
