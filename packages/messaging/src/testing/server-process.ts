import { type ChildHandle, decodeUtf8, type Env, encodeUtf8 } from "@lamina/primitives";
import { natsBinary } from "./nats-binary.ts";

const POLL_MS = 20;
const START_TIMEOUT_MS = 20_000;

export interface ServerPorts {
  readonly client: number;
  readonly monitor: number;
}

/** One nats-server as a process, with its configuration, log and ports in a folder of its own. */
export class ServerProcess {
  readonly #env: Env;
  readonly #directory: string;
  #child: ChildHandle | undefined;

  constructor(env: Env, directory: string) {
    this.#env = env;
    this.#directory = directory;
  }

  /** Starts it with `config`, whose ports may be -1 for any, and gives those it took. */
  async start(config: string): Promise<ServerPorts> {
    const portsDirectory = `${this.#directory}/ports`;
    await this.#env.files.remove(portsDirectory);
    await this.#env.files.mkdir(portsDirectory);
    const configPath = `${this.#directory}/nats.conf`;
    await this.#env.files.writeFileAtomic(configPath, encodeUtf8(`${config}\nports_file_dir: "${portsDirectory}"\n`), { mode: 0o600 });
    const log = { appendTo: `${this.#directory}/nats.log` };
    const binary = await natsBinary(this.#env);
    this.#child = this.#env.spawn(binary, ["-c", configPath], { env: {}, stdio: { stdin: "ignore", stdout: log, stderr: log } });
    return this.#readPorts(portsDirectory);
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#child?.kill(signal);
    await this.#child?.exited;
    this.#child = undefined;
  }

  async #readPorts(directory: string): Promise<ServerPorts> {
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      const [name] = (await this.#env.files.readdir(directory)).filter((each) => each.endsWith(".ports"));
      const text = name === undefined ? "" : decodeUtf8(await this.#env.files.readFile(`${directory}/${name}`));
      // The server creates the file before it writes it.
      if (text.trimEnd().endsWith("}")) {
        const ports = JSON.parse(text) as { nats: string[]; monitoring: string[] };
        return { client: portOf(ports.nats[0]), monitor: portOf(ports.monitoring[0]) };
      }
      await this.#env.timers.sleep(POLL_MS);
    }
    const log = decodeUtf8(await this.#env.files.readFile(`${this.#directory}/nats.log`));
    throw new Error(`nats-server did not start within ${START_TIMEOUT_MS} ms; it wrote: ${log}`);
  }
}

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? "").port);
}
