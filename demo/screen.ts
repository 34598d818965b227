import { Chalk, type ChalkInstance } from "chalk";

export interface Screen {
  paint: ChalkInstance;
  /** A line as it is; without an argument an empty one. */
  line(text?: string): void;
  /** A step of the demo: its title, and in one sentence why it is there. */
  step(title: string, why: string): void;
  /** A command as a user would type it. */
  command(text: string): void;
  /** One line that a command printed, set off from what the demo itself says. */
  output(text: string): void;
}

/** Prints to a stream, in colour on a terminal only; NO_COLOR switches it off, FORCE_COLOR on. */
export function createScreen(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Screen {
  const colour = !env.NO_COLOR && (env.FORCE_COLOR !== undefined || stream.isTTY === true);
  const paint = new Chalk(colour ? {} : { level: 0 });
  let steps = 0;
  const line = (text = "") => void stream.write(`${text}\n`);
  return {
    paint,
    line,
    step(title, why) {
      steps += 1;
      line();
      line(`${paint.cyan.bold(`${steps}  ${title}`)}  ${paint.dim(why)}`);
    },
    command: (text) => line(`${paint.green("$")} ${paint.bold(text)}`),
    output: (text) => line(text === "" ? paint.dim("│") : `${paint.dim("│")} ${text}`),
  };
}
