import { describe, expect, it } from "vitest";
import { addressPolicy } from "../../../services/notify/address.ts";

const strict = addressPolicy("");
const refusal = (url: string, policy = strict) => policy.refusal(new URL(url));
const somewhere = new URL("https://example.com/");

describe("an address policy", () => {
  it.each([
    "https://example.com/hook?x=1",
    "https://example.com:8443/",
    "https://localhost/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://[2002:808:808::1]/",
    "https://100.63.255.255/",
    "https://172.32.0.1/",
    // What these names lead to is judged when something is sent.
    "https://localhost./",
    "https://example.com./",
    // Such a backslash ends the host, for who connects too.
    "https://example.com\\@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
  ])("has nothing against the text of %s", (url) => {
    expect(refusal(url)).toBeNull();
  });

  it.each([
    ["http://example.com/", "must be an https address"],
    ["http://8.8.8.8/", "must be an https address"],
    ["ftp://example.com/", "must be an https address"],
    ["file:///etc/passwd", "must be an https address"],
    ["data:text/plain,x", "must be an https address"],
    ["https://user@example.com/", "must not contain credentials"],
    ["https://user:password@example.com/", "must not contain credentials"],
    ["https://:password@example.com/", "must not contain credentials"],
    ["https://127.0.0.1@example.com/", "must not contain credentials"],
    ["https://example.com@127.0.0.1/", "must not contain credentials"],
    ["https://example.com:443@[::1]/", "must not contain credentials"],
  ])("refuses %s: it %s", (url, reason) => {
    expect(refusal(url)).toBe(reason);
  });

  it.each([
    "http://2130706433",
    "http://0x7f.1",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0xa9.0376.43518/",
    "https://%31%32%37.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.1:8443/",
    "https://127.0.0.1./",
    "https://127.1./",
    "https://2130706433./",
    "https://169.254.169.254./",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://0X7F.0x1/",
    "https://0177.1/",
    "https://00000177.0.0.1/",
    "https://0x0/",
    "https://3232235777/",
    "https://１２７.0.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.1.2.3/",
    "https://100.64.0.1/",
    "https://100.127.255.255/",
    "https://169.254.169.254/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.8/",
    "https://192.0.2.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:0]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0.0.0.0]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::FFFF:A9FE:A9FE]/",
    "https://[::8.8.8.8]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[5f00::1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::]/",
    "https://[64:ff9b:1::8.8.8.8]/",
    "https://[2002:a00:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[4000::1]/",
  ])("refuses %s, which is not public", (url) => {
    expect(refusal(url)).toMatch(/^must not lead to .*, which is not public$/);
  });

  it("judges the addresses of names by the same rule", () => {
    expect(strict.allows(somewhere, "93.184.216.34")).toBe(true);
    expect(strict.allows(somewhere, "2606:4700:4700::1111")).toBe(true);
    // prettier-ignore
    const inside = [
      "0.0.0.0", "127.0.0.1", "10.0.0.1", "169.254.169.254",
      "::", "::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
      "fe80::1", "fe80::1%eth0", "febf::1", "fc00::1", "fdff::1",
    ];
    expect(inside.filter((address) => strict.allows(somewhere, address))).toEqual([]);
  });

  it("allows nothing that is no address", () => {
    for (const address of ["", "localhost", "1.2.3", "::g"]) {
      expect(strict.allows(somewhere, address)).toBe(false);
    }
  });
});

describe("FANFOLD_WEBHOOK_ALLOW", () => {
  const lenient = addressPolicy(
    " hooks.internal, 127.0.0.1:8025 ,[::1]:9,Named:443,10.1.0.0/16,fd00::/8,192.168.7.7",
  );

  it.each([
    "http://hooks.internal/",
    "http://HOOKS.internal:99/",
    "https://hooks.internal/",
    "http://127.0.0.1:8025/x",
    "http://2130706433:8025/",
    "http://[::1]:9/",
    "https://named/",
    "http://10.1.255.255/",
    "http://[::ffff:10.1.0.1]/",
    "https://[fd12::1]/",
    "http://192.168.7.7:1234/",
  ])("lets %s through", (url) => {
    expect(refusal(url, lenient)).toBeNull();
  });

  it.each([
    "http://127.0.0.1/",
    "http://127.0.0.1:8026/",
    "http://[::1]/",
    "http://named/",
    "http://sub.hooks.internal/",
    "http://hooks.internal./",
    "http://hooks.internal@10.2.0.1/",
    "http://10.2.0.1/",
    "https://192.168.7.8/",
    "http://user:password@hooks.internal/",
    "ftp://hooks.internal/",
  ])("still refuses %s", (url) => {
    expect(refusal(url, lenient)).not.toBeNull();
  });

  it("lets a host that it names resolve to anything, and others to its networks", () => {
    expect(lenient.allows(new URL("http://hooks.internal/"), "127.0.0.1")).toBe(true);
    expect(lenient.allows(somewhere, "10.1.0.1")).toBe(true);
    expect(lenient.allows(somewhere, "10.2.0.1")).toBe(false);
    expect(lenient.allows(somewhere, "127.0.0.1")).toBe(false);
  });

  it.each([
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "here/8",
    "https://example.com",
    "a b",
    "::1",
    "user@host",
    "host?x",
    "host:port",
    "/8",
  ])("cannot have the entry %j", (entry) => {
    expect(() => addressPolicy(`example.com,${entry}`)).toThrow(/FANFOLD_WEBHOOK_ALLOW|prefix/);
  });
});
