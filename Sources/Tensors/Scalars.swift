// The C library's scalar functions under plain names, so that no other file needs to import it for them.

import Glibc

package func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
package func sine(_ x: Double) -> Double { sin(x) }
package func cosine(_ x: Double) -> Double { cos(x) }
package func exponential(_ x: Double) -> Double { exp(x) }
package func logarithm(_ x: Double) -> Double { log(x) }
