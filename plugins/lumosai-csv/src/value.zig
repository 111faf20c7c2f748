//! Fields as values: what is written like a number of JSON is a number, everything else is text.

const std = @import("std");

/// Significant digits that a float keeps, whatever they are.
const exact_digits = 15;

/// Return the number a field is, null for text. "007", "1e999" and "0x10" are texts, as are numbers too long for a float.
pub fn number(field: []const u8) ?f64 {
    if (!isNumber(field)) return null;
    const found = std.fmt.parseFloat(f64, field) catch return null;
    return if (std.math.isFinite(found)) found else null;
}

fn isNumber(field: []const u8) bool {
    var rest = if (std.mem.startsWith(u8, field, "-")) field[1..] else field;
    const whole = digits(rest);
    if (whole == 0 or (whole > 1 and rest[0] == '0')) return false;
    var count = whole;
    rest = rest[whole..];
    if (rest.len > 0 and rest[0] == '.') {
        const fraction = digits(rest[1..]);
        if (fraction == 0) return false;
        count += fraction;
        rest = rest[1 + fraction ..];
    }
    if (count > exact_digits) return false;
    if (rest.len > 0 and (rest[0] == 'e' or rest[0] == 'E')) {
        rest = rest[1..];
        if (rest.len > 0 and (rest[0] == '+' or rest[0] == '-')) rest = rest[1..];
        const power = digits(rest);
        if (power == 0 or power > 3) return false;
        rest = rest[power..];
    }
    return rest.len == 0;
}

fn digits(text: []const u8) usize {
    for (text, 0..) |c, n| if (!std.ascii.isDigit(c)) return n;
    return text.len;
}

/// Compare two fields: numbers by value and before texts, texts byte by byte.
pub fn order(a: []const u8, b: []const u8) std.math.Order {
    if (number(a)) |x| return if (number(b)) |y| std.math.order(x, y) else .lt;
    return if (number(b) != null) .gt else std.mem.order(u8, a, b);
}

/// Return a computed number as a field, rounded to the digits that are exact: 0.1 + 0.2 is 0.3.
pub fn written(gpa: std.mem.Allocator, computed: f64) error{OutOfMemory}![]const u8 {
    if (!std.math.isFinite(computed)) return "";
    const rounded = try std.fmt.allocPrint(gpa, "{e:.14}", .{computed});
    const found = std.fmt.parseFloat(f64, rounded) catch return rounded;
    const size = @abs(found);
    const plain = found == 0 or (size >= 1e-6 and size < 1e15);
    return if (plain) std.fmt.allocPrint(gpa, "{d}", .{found}) else std.fmt.allocPrint(gpa, "{e}", .{found});
}
