// How much of the machine the kernel uses, for the resource display of front ends.

import Glibc
import JSONValues
import JupyterProtocol

/// `usage_reply`: processor time since the last such reply, and memory.
struct UsageReply: MessageContent {
  static let messageType = "usage_reply"

  let json: [String: JSON]

  /// The kernel's present use of the machine.
  static func now() -> UsageReply {
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    let total = sysconf(Int32(_SC_PHYS_PAGES)) * pageSize
    let available = sysconf(Int32(_SC_AVPHYS_PAGES)) * pageSize
    var name = [CChar](repeating: 0, count: 256)
    unsafe gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return UsageReply(json: [
      "hostname": .string(host), "pid": .int(Int(getpid())), "kernel_memory": .int(residentPages() * pageSize),
      "kernel_cpu": .double(processorPercent()), "cpu_count": .int(sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      "host_virtual_memory": [
        "total": .int(total), "available": .int(available), "used": .int(total - available),
        "percent": .double(100 * Double(total - available) / Double(max(1, total))),
      ],
    ])
  }

  /// 100 for every processor that was busy all the time.
  private static func processorPercent() -> Double {
    var used = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
    let present = (used: used.tv_sec * 1000 + used.tv_nsec / 1_000_000, at: MonotonicTime.milliseconds)
    let previous = measured.withLock { last in
      defer { last = present }
      return last
    }
    return 100 * Double(present.used - previous.used) / Double(max(1, present.at - previous.at))
  }

  private static func residentPages() -> Int {
    let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = unsafe read(descriptor, &text, text.count)
    let numbers = text.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
    return numbers.dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
  }

  private static let measured = Monitor((used: 0, at: MonotonicTime.milliseconds))
}
