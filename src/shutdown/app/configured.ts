/** Servers whose mounted configuration file says how long they take, where their image asks them to stop gracefully. */
import { getString, isKnown, unknown } from "../../kubernetes/values";
import { budget } from "./budget";
import { inUnits } from "./durations";
import { mayRun, type Framework } from "./given";

interface Configured extends Omit<Framework, "budget"> {
  /** The directive, with its value in a group. Linear: it is tried at the start of each line. */
  directive: RegExp;
  /** Its name. */
  key: string;
  file: RegExp;
  /** Where the image's own command reads it. */
  place: RegExp;
  program: RegExp;
  units: readonly string[];
  unit: string;
  /** Official images whose STOPSIGNAL is the graceful one; SIGTERM ends these servers at once. */
  image: RegExp;
}

function configured({ directive, key, file, place, program, units, unit, image, ...about }: Configured): Framework {
  return {
    ...about,
    budget: (given) => {
      const { container, files, commandLine } = given;
      // Another file may be named.
      const namesFile = commandLine?.args.some((word) => word !== unknown && /^(?:-[cfpy]|--[a-z-]*config)/.test(word));
      for (const [path, mounted] of files) {
        if (!isKnown(mounted) || !file.test(path)) continue;
        const [first, ...others] = mounted.text.matchAll(directive);
        if (!first || others.length > 0) continue;
        const name = getString(container, "image");
        const isGraceful =
          typeof name === "string" && image.test(name) && getString(container, "lifecycle", "stopSignal") === undefined;
        const isRead = namesFile ? commandLine?.args.includes(path) === true : place.test(path);
        const isSure = isGraceful && isRead && mayRun(given, program);
        return budget(inUnits(first[1] ?? "", units, unit), `${key} in ${mounted.label}`, isSure);
      }
      return undefined;
    },
  };
}

export const nginx = configured({
  name: "nginx",
  versions: "1.11.11 and later",
  reads: ["`worker_shutdown_timeout` in a mounted `nginx.conf`"],
  link: "https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout",
  directive: /^[ \t]*worker_shutdown_timeout[ \t]+(\w+)[ \t]*;/gm,
  key: "worker_shutdown_timeout",
  file: /\/nginx\.conf$/,
  place: /^\/etc\/nginx\/nginx\.conf$/,
  program: /^nginx$/,
  ...{ units: ["ms", "s", "m", "h", "d"], unit: "s" },
  // SIGQUIT since 1.19.5 (nginx/docker-nginx, pull request 457).
  image:
    /^(?:docker\.io\/|(?:[^/]+\/)*library\/)?nginx(?!:1\.1?\d(?:\D|$))(?:[:@][^/]*)?$|(?:^|\/)nginxinc\/nginx-unprivileged(?!:1\.1?\d(?:\D|$))(?:[:@][^/]*)?$/,
});

export const haproxy = configured({
  name: "HAProxy",
  versions: "1.8 and later",
  reads: ["`hard-stop-after` in a mounted `haproxy.cfg`"],
  link: "https://docs.haproxy.org/3.0/configuration.html#hard-stop-after",
  directive: /^[ \t]*hard-stop-after[ \t]+(\w+)[ \t]*$/gm,
  key: "hard-stop-after",
  file: /\/haproxy\.cfg$/,
  place: /^\/usr\/local\/etc\/haproxy\/haproxy\.cfg$/,
  program: /^haproxy$/,
  ...{ units: ["us", "ms", "s", "m", "h", "d"], unit: "ms" },
  image: /^(?:docker\.io\/|(?:[^/]+\/)*library\/)?haproxy(?:[:@][^/]*)?$/,
});

export const phpFpm = configured({
  name: "PHP-FPM",
  versions: "5.3 and later",
  reads: ["`process_control_timeout` in a mounted `.conf`"],
  link: "https://www.php.net/manual/en/install.fpm.configuration.php",
  directive: /^[ \t]*process_control_timeout[ \t]*=[ \t]*(\w+)[ \t]*$/gm,
  key: "process_control_timeout",
  file: /\.conf$/,
  place: /^\/usr\/local\/etc\/(?:php-fpm\.conf|php-fpm\.d\/[^/]+)$/,
  program: /^php-fpm$/,
  ...{ units: ["s", "m", "h", "d"], unit: "s" },
  image: /^(?:docker\.io\/|(?:[^/]+\/)*library\/)?php:[^/]*fpm[^/]*$/,
});
